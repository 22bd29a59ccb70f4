package invar.core.testkit;

import invar.core.ContractionOp;
import invar.core.Op;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;
import invar.core.spi.Precision;
import java.util.function.DoubleUnaryOperator;

/// The reference backend with the factors of matrix products and convolutions changed, as a [Precision] rounds them or
/// otherwise, and everything else exact. Fused ops are composed, so the products within them have changed factors, too.
public final class Factors implements ForwardingBackend {

    private final ReferenceBackend exact = new ReferenceBackend();
    private final DoubleUnaryOperator change;

    /// Factors changed by any function.
    Factors(DoubleUnaryOperator change) {
        this.change = change;
    }

    /// A factor as tensor cores take it, from single precision: [Precision#TF32] with ties away from zero,
    /// [Precision#BF16] with ties to even.
    public static double rounded(Precision precision, double factor) {
        int bits = Float.floatToRawIntBits((float) factor);
        return switch (precision) {
            case Precision.FP32 -> factor;
            case Precision.TF32 -> Float.intBitsToFloat(bits + 0x1000 & ~0x1FFF);
            case Precision.BF16 -> Float.intBitsToFloat(bits + 0x7FFF + (bits >> 16 & 1) & ~0xFFFF);
        };
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        exact.execute(op, op instanceof ContractionOp ? changed(in) : in, out);
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

    @Override
    public Backend backend() {
        return exact;
    }
}
