package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;
import java.util.function.DoubleBinaryOperator;

/// One pass over n numbers that computes each result from the numbers at its place.
public final class PointwiseWork extends Workload {

    /// What is computed; the formula in double is what the guard compares with.
    public enum Kind {
        /// eˣ
        EXP((x, y) -> Math.exp(x)),
        /// ln |x|, of a positive x
        LOG((x, y) -> Math.log(x)),
        /// max(x, 0)
        RELU((x, y) -> Math.max(x, 0)),
        /// x + y
        ADD(Double::sum);

        private final DoubleBinaryOperator formula;

        Kind(DoubleBinaryOperator formula) {
            this.formula = formula;
        }
    }

    private final Kind kind;
    private final int n;
    private final Tensor x, y;

    public PointwiseWork(Device device, Kind kind, int n) {
        super(device);
        this.kind = kind;
        this.n = n;
        float[] values = Inputs.normal(1, n);
        if (kind == Kind.LOG) {
            for (int i = 0; i < n; i++) values[i] = Math.abs(values[i]) + 1e-3f;
        }
        this.x = input(values, n);
        this.y = kind == Kind.ADD ? input(2, n) : x;
    }

    @Override
    protected Tensor[] compute() {
        return new Tensor[] {switch (kind) {
            case EXP -> x.exp();
            case LOG -> x.log();
            case RELU -> x.relu();
            case ADD -> x.add(y);
        }};
    }

    @Override
    protected Workload small(Device on) {
        return new PointwiseWork(on, kind, Math.min(n, 1001));
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] p = x.floats(), q = y.floats(), r = out[0].floats();
        int[] places = Inputs.places(n, 10_001);
        double[] expected = new double[places.length], actual = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            expected[i] = kind.formula.applyAsDouble(p[places[i]], q[places[i]]);
            actual[i] = r[places[i]];
        }
        guard.agree("the result at " + places.length + " places", expected, actual);
    }

    @Override
    public String toString() {
        return kind + " of " + n + " numbers";
    }
}
