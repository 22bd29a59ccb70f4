package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;

/// A copy of n numbers from one place of the device's memory to another.
public final class CopyWork extends Workload {

    private final int n;
    private final Tensor from, to;

    public CopyWork(Device device, int n) {
        super(device);
        this.n = n;
        this.from = input(1, n);
        this.to = input(new float[n], n);
    }

    @Override
    protected Tensor[] compute() {
        Ops.update(UpdateOp.Assign.COPY, to, from);
        return new Tensor[] {to};
    }

    @Override
    protected Workload small(Device on) {
        return new CopyWork(on, Math.min(n, 1001));
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        int[] places = Inputs.places(n, 10_001);
        float[] source = from.floats(), copy = to.floats();
        double[] expected = new double[places.length], actual = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            expected[i] = source[places[i]];
            actual[i] = copy[places[i]];
        }
        guard.agree("the copy at " + places.length + " places", expected, actual);
    }

    @Override
    public String toString() {
        return "copy of " + n + " numbers";
    }
}
