package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.fused.L2Normalize;
import jdk.incubator.vector.FloatVector;

/// Rows divided by their Euclidean length, and the way back: the formulas of [L2Normalize] and of its gradient, for all
/// ops that begin with them. Lengths and products of rows are summed in double, where the squares of large floats
/// do not overflow.
final class UnitRows {

    private UnitRows() {}

    /// r = 1/max(‖x‖, epsilon) and u = r x for `rows` rows of `d` numbers.
    static void normalize(Parallel parallel, float[] x, int xo, int rows, int d, double epsilon, float[] r, int ro,
            float[] u, int uo) {
        Chunks.each(parallel, rows, d, row -> {
            double[] room = new double[Doubles.WIDTH];
            int at = xo + row * d;
            double norm = Math.sqrt(Doubles.dot(x, at, x, at, d, room));
            float inverse = (float) (1 / Math.max(norm, epsilon));
            r[ro + row] = inverse;
            scale(x, at, d, inverse, u, uo + row * d);
        });
    }

    /// u = r x for known r.
    static void scale(Parallel parallel, float[] x, int xo, int rows, int d, float[] r, int ro, float[] u, int uo) {
        Chunks.each(parallel, rows, d, row -> scale(x, xo + row * d, d, r[ro + row], u, uo + row * d));
    }

    /// dx = r (du − u uᵀdu), or r du for a row under the floor, of one row whose gradient is `factor` · du; dx may be
    /// du.
    static void backward(float[] u, int uo, int d, float r, double epsilon, float[] du, int duo, double factor,
            float[] dx,
            int dxo, double[] room) {
        boolean floored = epsilon * r >= L2Normalize.FLOORED;
        double along = floored ? 0 : Doubles.dot(u, uo, du, duo, d, room);
        float scale = (float) (r * factor);
        FloatVector minus = FloatVector.broadcast(SPECIES, (float) -along);
        int i = 0;
        for (; i <= d - WIDTH; i += WIDTH) {
            FloatVector.fromArray(SPECIES, u, uo + i).fma(minus, FloatVector.fromArray(SPECIES, du, duo + i)).mul(scale)
                    .intoArray(dx, dxo + i);
        }
        for (; i < d; i++) dx[dxo + i] = Math.fma(u[uo + i], (float) -along, du[duo + i]) * scale;
    }

    private static void scale(float[] x, int xo, int n, float factor, float[] y, int yo) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) FloatVector.fromArray(SPECIES, x, xo + i).mul(factor).intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = x[xo + i] * factor;
    }
}
