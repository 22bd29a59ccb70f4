package invar.core.testkit;

import invar.core.MovementOp;
import invar.core.Op;
import invar.core.Philox;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.MaxTo;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;
import java.util.function.DoubleUnaryOperator;

/// The reference backend with the result of every op changed a little, as rounding would: Monte Carlo arithmetic
/// (Parker 1997). How far the results of such runs lie apart says how much rounding matters for a case, also where
/// intermediate values cancel. Ops that only move or select numbers are left exact, as they are in every arithmetic.
final class NoisyBackend implements ForwardingBackend {

    private final ReferenceBackend exact = new ReferenceBackend();
    private final DoubleUnaryOperator change;

    /// Results changed by any function.
    NoisyBackend(DoubleUnaryOperator change) {
        this.change = change;
    }

    /// Results moved at random by up to `ulp` of themselves.
    NoisyBackend(Philox random, double ulp) {
        this(x -> moved(x, random, ulp));
    }

    /// x (1 ± ulp · u), u uniform in ½ … 1, so that no draw is without effect.
    static double moved(double x, Philox random, double ulp) {
        double u = random.uniform(-1, 1);
        return x * (1 + ulp * (u < 0 ? u / 2 - 0.5 : u / 2 + 0.5));
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        exact.execute(op, in, out);
        boolean moves = op instanceof MovementOp || op instanceof BroadcastTo;
        if (moves || op instanceof MaxTo || op instanceof MaxPool2d) return;
        if (op instanceof Op.InPlace update) {
            for (int i = 0; i < update.written(); i++) change(in[i]);
        }
        for (Tensor y : out) change(y);
    }

    private void change(Tensor y) {
        if (!y.dtype().floating()) return;
        double[] values = y.doubles();
        for (int i = 0; i < values.length; i++) values[i] = change.applyAsDouble(values[i]);
        y.upload(values);
    }

    @Override
    public Backend backend() {
        return exact;
    }
}
