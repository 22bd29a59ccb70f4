package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;

/// C = A B with A (m, k), B (k, n): the engine's matrix product.
public final class MatMulWork extends Workload {

    private final int m, n, k;
    private final Tensor a, b;

    public MatMulWork(Device device, int m, int n, int k) {
        super(device);
        this.m = m;
        this.n = n;
        this.k = k;
        this.a = input(1, m, k);
        this.b = input(2, k, n);
    }

    @Override
    protected Tensor[] compute() {
        return new Tensor[] {a.matmul(b)};
    }

    @Override
    protected Workload small(Device on) {
        return new MatMulWork(on, Math.min(m, 67), Math.min(n, 53), Math.min(k, 301));
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] x = a.floats(), y = b.floats(), z = out[0].floats();
        int[] rows = Inputs.places(m, 9), columns = Inputs.places(n, 41);
        double[] expected = new double[rows.length * columns.length], actual = new double[expected.length];
        int at = 0;
        for (int i : rows) {
            for (int j : columns) {
                double sum = 0;
                for (int p = 0; p < k; p++) sum += (double) x[i * k + p] * y[p * n + j];
                expected[at] = sum;
                actual[at++] = z[i * n + j];
            }
        }
        guard.agree("C at " + expected.length + " places", expected, actual);
    }

    @Override
    public String toString() {
        return "matrix product (" + m + ", " + k + ") (" + k + ", " + n + ")";
    }
}
