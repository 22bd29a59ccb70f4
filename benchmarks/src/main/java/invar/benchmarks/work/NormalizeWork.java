package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;
import invar.ssl.Losses;

/// Rows (N, D) divided by their lengths.
public final class NormalizeWork extends Workload {

    private final int n, d;
    private final Tensor x;

    public NormalizeWork(Device device, int n, int d) {
        super(device);
        this.n = n;
        this.d = d;
        this.x = input(1, n, d);
    }

    @Override
    protected Tensor[] compute() {
        return new Tensor[] {Losses.normalize(x)};
    }

    @Override
    protected Workload small(Device on) {
        return new NormalizeWork(on, Math.min(n, 67), Math.min(d, 33));
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] rows = x.floats(), unit = out[0].floats();
        for (int i : Inputs.places(n, 101)) {
            double[] expected = DoubleRows.rows(rows, d, i);
            double inverse = 1 / Math.sqrt(DoubleRows.dot(rows, i, rows, i, d));
            for (int k = 0; k < d; k++) expected[k] *= inverse;
            guard.agree("row " + i, expected, DoubleRows.rows(unit, d, i));
        }
    }

    @Override
    public String toString() {
        return "normalisation of " + n + " rows of " + d;
    }
}
