package invar.core.spi;

import invar.core.ContractionOp;
import invar.core.Op;
import invar.core.Tensor;
import java.util.function.DoubleUnaryOperator;

/// A backend with the factors of matrix products and convolutions changed, as a [Precision] rounds them or otherwise,
/// and everything else as it is. Where fused ops are composed, the products within them have changed factors, too.
///
/// @param backend that computes; closed with this one
/// @param change  what becomes of a factor
public record ChangedFactors(Backend backend, DoubleUnaryOperator change) implements ForwardingBackend {

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        backend.execute(op, op instanceof ContractionOp ? changed(in) : in, out);
    }

    private Tensor[] changed(Tensor[] in) {
        Tensor[] factors = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) {
            double[] values = in[i].doubles();
            for (int j = 0; j < values.length; j++) values[j] = change.applyAsDouble(values[j]);
            factors[i] = in[i].device().tensor(in[i].shape(), values);
        }
        return factors;
    }
}
