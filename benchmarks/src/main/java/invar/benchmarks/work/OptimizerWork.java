package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.fused.AdamUpdate;
import invar.core.fused.SgdUpdate;

/// One step of an optimiser over n parameters.
///
/// The gradient is the same in every call, so after some calls the parameters are far from where they began; the speed
/// does not depend on where they are.
public final class OptimizerWork extends Workload {

    /// Which one.
    public enum Kind {
        /// Momentum 0.9, weight decay 1e-4.
        SGD,
        /// AdamW: β 0.9 and 0.999, decoupled weight decay 1e-2.
        ADAMW
    }

    /// Learning rate, momentum, weight decay.
    public static final double RATE = 1e-3, MOMENTUM = 0.9, DECAY = 1e-4;

    private final Kind kind;
    private final int n;
    private final Tensor p, m, v, g, rate, step;

    public OptimizerWork(Device device, Kind kind, int n) {
        super(device);
        this.kind = kind;
        this.n = n;
        this.p = input(1, n);
        this.m = input(new float[n], n);
        this.v = kind == Kind.ADAMW ? input(new float[n], n) : m;
        this.g = input(2, n);
        this.rate = input(new float[] {(float) RATE});
        this.step = input(new float[] {1});
    }

    @Override
    protected Tensor[] compute() {
        switch (kind) {
            case SGD -> Ops.update(new SgdUpdate(MOMENTUM, DECAY, false), p, m, g, rate);
            case ADAMW -> Ops.update(new AdamUpdate(0.9, 0.999, 1e-8, 1e-2, true), p, m, v, g, rate, step);
        }
        return new Tensor[] {p};
    }

    @Override
    protected Workload small(Device on) {
        return new OptimizerWork(on, kind, Math.min(n, 1001));
    }

    /// From where the parameters are, one more step by the formula.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        int[] places = Inputs.places(n, 10_001);
        double[] p0 = at(places, p), m0 = at(places, m), v0 = at(places, v), slope = at(places, g);
        compute();
        double[] expected = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            if (kind == Kind.SGD) {
                expected[i] = p0[i] - RATE * (MOMENTUM * m0[i] + slope[i] + DECAY * p0[i]);
            } else {
                double first = (0.9 * m0[i] + 0.1 * slope[i]) / 0.1;                       // m / (1 − β₁¹)
                double second = (0.999 * v0[i] + 0.001 * slope[i] * slope[i]) / 0.001;     // v / (1 − β₂¹)
                expected[i] = p0[i] * (1 - RATE * 1e-2) - RATE * first / (Math.sqrt(second) + 1e-8);
            }
        }
        guard.agree("parameters at " + places.length + " places", expected, at(places, p));
    }

    /// A step moves a parameter by a thousandth of its size, and the guard must see errors of a step.
    @Override
    protected double tolerance() {
        return 1e-6;
    }

    private static double[] at(int[] places, Tensor tensor) {
        float[] values = tensor.floats();
        double[] out = new double[places.length];
        for (int i = 0; i < places.length; i++) out[i] = values[places[i]];
        return out;
    }

    @Override
    public String toString() {
        return kind + " step over " + n + " parameters";
    }
}
