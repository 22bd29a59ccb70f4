package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Softmax, its logarithm, and the logarithm of its denominator, of each row of x (rows, n):
/// ```
/// m = max xᵢ        lse = m + ln Σ e^(xᵢ − m)
/// softmax = e^(xᵢ − m) / Σ e^(x − m)        log-softmax = (xᵢ − m) − ln Σ e^(x − m)
/// ```
/// With the maximum taken out, no exponential overflows. A row is read from the first-level cache after the first pass.
/// Entries of −∞ count as absent; a row of nothing else has lse = −∞ and an undefined softmax (NaN).
///
/// [#alongColumns] is the same for x (outer, n, inner), over the middle axis.
final class Rows {

    /// What to compute.
    enum Kind { LOG_SUM_EXP, SOFTMAX, LOG_SOFTMAX }

    /// Numbers of a task.
    private static final int TASK = 1 << 14;

    private Rows() {}

    /// Along the last axis. Output: (rows) for [Kind#LOG_SUM_EXP], else (rows, n), which may be x.
    static void alongRows(Parallel p, Kind kind, float[] x, int xo, int rows, int n, float[] y, int yo) {
        int each = Math.max(1, TASK / n);
        p.run((rows + each - 1) / each, task -> {
            float[] buffer = new float[WIDTH];
            for (int row = task * each; row < Math.min(rows, (task + 1) * each); row++) {
                int at = xo + row * n;
                float max = max(x, at, n, buffer);
                if (kind == Kind.LOG_SUM_EXP) {
                    y[yo + row] = max == Float.NEGATIVE_INFINITY || max == Float.POSITIVE_INFINITY ? max
                            : (float) (max + Math.log(sumExp(x, at, n, max, null, 0, buffer)));
                } else if (kind == Kind.SOFTMAX) {
                    float scale = (float) (1 / sumExp(x, at, n, max, y, yo + row * n, buffer));
                    scale(y, yo + row * n, n, scale);
                } else {
                    shift(x, at, n, max, (float) Math.log(sumExp(x, at, n, max, null, 0, buffer)), y, yo + row * n);
                }
            }
        });
    }

    /// Along the middle axis of x (outer, n, inner). Output: (outer, inner) for [Kind#LOG_SUM_EXP], else as x.
    ///
    /// Each slice is copied to a row and back: slices of an inner axis are rare, and short.
    static void alongColumns(Parallel p, Kind kind, float[] x, int xo, int outer, int n, int inner, float[] y, int yo) {
        if (inner == 1) {
            alongRows(p, kind, x, xo, outer, n, y, yo);
            return;
        }
        int slices = outer * inner, each = Math.max(1, TASK / n);
        p.run((slices + each - 1) / each, task -> {
            float[] row = new float[n], result = new float[n];
            for (int slice = task * each; slice < Math.min(slices, (task + 1) * each); slice++) {
                int at = slice / inner * n * inner + slice % inner;
                for (int i = 0; i < n; i++) {
                    row[i] = x[xo + at + i * inner];
                }
                alongRows(Parallel.INLINE, kind, row, 0, 1, n, result, 0);
                if (kind == Kind.LOG_SUM_EXP) {
                    y[yo + slice] = result[0];
                } else {
                    for (int i = 0; i < n; i++) {
                        y[yo + at + i * inner] = result[i];
                    }
                }
            }
        });
    }

    /// The largest of `n` numbers; NaN if there is one.
    static float max(float[] x, int at, int n, float[] buffer) {
        float max = Float.NEGATIVE_INFINITY;
        int i = 0;
        if (n >= WIDTH) {
            FloatVector m = FloatVector.fromArray(SPECIES, x, at);
            for (i = WIDTH; i <= n - WIDTH; i += WIDTH) {
                m = m.max(FloatVector.fromArray(SPECIES, x, at + i));
            }
            m.intoArray(buffer, 0);
            for (int lane = 0; lane < WIDTH; lane++) {
                max = Math.max(max, buffer[lane]);
            }
        }
        for (; i < n; i++) {
            max = Math.max(max, x[at + i]);
        }
        return max;
    }

    /// Σ e^(xᵢ − max), with the terms written to `terms` unless that is null.
    static double sumExp(float[] x, int at, int n, float max, float[] terms, int to, float[] buffer) {
        double sum = 0;
        for (int from = 0; from < n; from += Sums.BLOCK) {
            int end = Math.min(n, from + Sums.BLOCK);
            FloatVector s = FloatVector.zero(SPECIES);
            int i = from;
            for (; i <= end - WIDTH; i += WIDTH) {
                FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, x, at + i).sub(max));
                s = s.add(e);
                if (terms != null) {
                    e.intoArray(terms, to + i);
                }
            }
            if (i < end) {
                VectorMask<Float> inside = SPECIES.indexInRange(i, end);
                FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, x, at + i, inside).sub(max));
                s = s.add(e.blend(0, inside.not()));
                if (terms != null) {
                    e.intoArray(terms, to + i, inside);
                }
            }
            sum += Sums.lanes(s, buffer);
        }
        return sum;
    }

    private static void scale(float[] y, int at, int n, float factor) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector.fromArray(SPECIES, y, at + i).mul(factor).intoArray(y, at + i);
        }
        for (; i < n; i++) {
            y[at + i] *= factor;
        }
    }

    /// y = x − max − log.
    static void shift(float[] x, int at, int n, float max, float log, float[] y, int to) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector.fromArray(SPECIES, x, at + i).sub(max).sub(log).intoArray(y, to + i);
        }
        for (; i < n; i++) {
            y[to + i] = x[at + i] - max - log;
        }
    }
}
