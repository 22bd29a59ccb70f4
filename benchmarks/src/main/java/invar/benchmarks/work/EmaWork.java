package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;

/// One step of an exponential moving average of n numbers: y ← c y + (1 − c) x, as of the weights of a teacher.
public final class EmaWork extends Workload {

    /// c.
    public static final double DECAY = 0.99;

    private final int n;
    private final Tensor y, x, decay;

    public EmaWork(Device device, int n) {
        super(device);
        this.n = n;
        this.y = input(1, n);
        this.x = input(2, n);
        this.decay = input(new float[] {(float) DECAY});
    }

    @Override
    protected Tensor[] compute() {
        Ops.update(UpdateOp.Assign.AVERAGE, y, x, decay);
        return new Tensor[] {y};
    }

    @Override
    protected Workload small(Device on) {
        return new EmaWork(on, Math.min(n, 1001));
    }

    /// From where the average is, one more step.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        int[] places = Inputs.places(n, 10_001);
        float[] before = y.floats(), towards = x.floats();
        compute();
        float[] after = y.floats();
        double[] expected = new double[places.length], actual = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            expected[i] = DECAY * before[places[i]] + (1 - DECAY) * towards[places[i]];
            actual[i] = after[places[i]];
        }
        guard.agree("the average at " + places.length + " places", expected, actual);
    }

    /// A step moves the average by a hundredth, and the guard must see errors of a step.
    @Override
    protected double tolerance() {
        return 1e-6;
    }

    @Override
    public String toString() {
        return "moving average of " + n + " numbers";
    }
}
