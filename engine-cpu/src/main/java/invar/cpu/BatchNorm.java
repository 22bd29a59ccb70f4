package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Batch normalisation of x (N, C, inner), and its gradients (Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithm 1):
/// ```
/// x̂ = (x − mean) · rstd        y = γ x̂ + β        rstd = 1 / √(variance + ε)
/// dβ = Σ dy    dγ = Σ dy x̂    dx = γ rstd (dy − dβ/M − x̂ dγ/M)        M = N · inner
/// ```
/// Means and variances of the batch come from [ChannelMoments]. A rectifier, y = max(0, …), can be part of it: it saves
/// writing and reading y once more, and its gradient needs only the sign of y.
///
/// All kernels see x as N rows of C · inner numbers, with a mean, a factor and a summand for each column if a channel
/// is too short for vectors, else for each stretch of `inner`.
final class BatchNorm {

    private BatchNorm() {}

    /// y = γ (x − mean) rstd + β, and then max(0, y) if `rectify`; γ and β (C). y may be x.
    ///
    /// The mean is subtracted first, in two parts, so that no digits are lost where it is large against the deviation.
    static void normalize(Parallel p, float[] x, int xo, int n, int c, int inner, double[] mean, double[] rstd,
            float[] gamma, int go, float[] beta, int bo, boolean rectify, float[] y, int yo) {
        float[] center = new float[c], scale = new float[c], shift = new float[c];
        for (int i = 0; i < c; i++) {
            center[i] = (float) mean[i];
            double factor = gamma[go + i] * rstd[i];
            scale[i] = (float) factor;
            shift[i] = (float) (beta[bo + i] - (mean[i] - center[i]) * factor);
        }
        float floor = rectify ? 0 : Float.NEGATIVE_INFINITY;
        Columns columns = new Columns(n, c, inner);
        float[] m = columns.spread(center), s = columns.spread(scale), b = columns.spread(shift);
        columns.run(p, (row, from, to, channel) -> {
            if (channel < 0) {
                normalizeColumns(x, xo + row, y, yo + row, from, to, m, s, b, floor);
            } else {
                normalizeStretch(x, xo + row, y, yo + row, from, to, m[channel], s[channel], b[channel], floor);
            }
        });
    }

    /// The gradients for x, γ and β, given dy and what [#normalize] was given.
    ///
    /// @param y     the result of the forward pass if it was rectified, else null
    /// @param mean  (C), and `rstd` (C)
    /// @param dx    (N, C, inner); may be dy
    /// @param sums  receives dβ and then dγ, 2 C numbers
    static void backward(Parallel p, float[] x, int xo, float[] y, int yo, float[] dy, int dyo, int n, int c, int inner,
            float[] mean, int mo, float[] rstd, int ro, float[] gamma, int go, float[] dx, int dxo, double[] sums) {
        ChannelDots.run(p, x, xo, y, yo, dy, dyo, n, c, inner, mean, mo, sums);
        double count = (double) n * inner;
        float[] center = new float[c], scale = new float[c], constant = new float[c], slope = new float[c];
        for (int i = 0; i < c; i++) {
            double r = rstd[ro + i];
            sums[c + i] *= r;                                  // Σ dy (x − mean) → dγ = Σ dy x̂
            center[i] = mean[mo + i];
            scale[i] = (float) (gamma[go + i] * r);
            constant[i] = (float) (sums[i] / count);
            slope[i] = (float) (sums[c + i] * r / count);      // x̂ dγ/M = (x − mean) · slope
        }
        Columns columns = new Columns(n, c, inner);
        float[] m = columns.spread(center), s = columns.spread(scale), k = columns.spread(constant);
        float[] t = columns.spread(slope);
        float[] sign = y == null ? dy : y;
        int so = y == null ? dyo : yo;
        float below = y == null ? Float.NaN : 0;               // dy counts unless the sign is ≤ this; NaN: always
        columns.run(p, (row, from, to, channel) -> {
            if (channel < 0) {
                gradientColumns(x, xo + row, sign, so + row, below, dy, dyo + row, dx, dxo + row, from, to, m, s, k, t);
            } else {
                gradientStretch(x, xo + row, sign, so + row, below, dy, dyo + row, dx, dxo + row, from, to, m[channel],
                        s[channel], k[channel], t[channel]);
            }
        });
    }

    private static void normalizeStretch(float[] x, int xo, float[] y, int yo, int from, int to, float center,
            float scale, float shift, float floor) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), summand = FloatVector.broadcast(SPECIES, shift);
        int j = from;
        for (; j <= to - WIDTH; j += WIDTH) {
            FloatVector.fromArray(SPECIES, x, xo + j).sub(center).fma(factor, summand).max(floor).intoArray(y, yo + j);
        }
        for (; j < to; j++) {
            y[yo + j] = Math.max(floor, Math.fma(x[xo + j] - center, scale, shift));
        }
    }

    private static void normalizeColumns(float[] x, int xo, float[] y, int yo, int from, int to, float[] center,
            float[] scale, float[] shift, float floor) {
        int j = from;
        for (; j <= to - WIDTH; j += WIDTH) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, xo + j).sub(FloatVector.fromArray(SPECIES, center, j));
            d.fma(FloatVector.fromArray(SPECIES, scale, j), FloatVector.fromArray(SPECIES, shift, j)).max(floor)
                    .intoArray(y, yo + j);
        }
        for (; j < to; j++) {
            y[yo + j] = Math.max(floor, Math.fma(x[xo + j] - center[j], scale[j], shift[j]));
        }
    }

    private static void gradientStretch(float[] x, int xo, float[] sign, int so, float below, float[] dy, int dyo,
            float[] dx, int dxo, int from, int to, float center, float scale, float constant, float slope) {
        FloatVector minusSlope = FloatVector.broadcast(SPECIES, -slope);
        int j = from;
        for (; j <= to - WIDTH; j += WIDTH) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + j);
            g = g.blend(0, FloatVector.fromArray(SPECIES, sign, so + j).compare(VectorOperators.LE, below));
            FloatVector d = FloatVector.fromArray(SPECIES, x, xo + j).sub(center);
            d.fma(minusSlope, g.sub(constant)).mul(scale).intoArray(dx, dxo + j);
        }
        for (; j < to; j++) {
            float g = sign[so + j] <= below ? 0 : dy[dyo + j];
            dx[dxo + j] = Math.fma(x[xo + j] - center, -slope, g - constant) * scale;
        }
    }

    private static void gradientColumns(float[] x, int xo, float[] sign, int so, float below, float[] dy, int dyo,
            float[] dx, int dxo, int from, int to, float[] center, float[] scale, float[] constant, float[] slope) {
        int j = from;
        for (; j <= to - WIDTH; j += WIDTH) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + j);
            g = g.blend(0, FloatVector.fromArray(SPECIES, sign, so + j).compare(VectorOperators.LE, below));
            FloatVector d = FloatVector.fromArray(SPECIES, x, xo + j).sub(FloatVector.fromArray(SPECIES, center, j));
            g = g.sub(FloatVector.fromArray(SPECIES, constant, j));
            d.fma(FloatVector.fromArray(SPECIES, slope, j).neg(), g).mul(FloatVector.fromArray(SPECIES, scale, j))
                    .intoArray(dx, dxo + j);
        }
        for (; j < to; j++) {
            float g = sign[so + j] <= below ? 0 : dy[dyo + j];
            dx[dxo + j] = Math.fma(x[xo + j] - center[j], -slope[j], g - constant[j]) * scale[j];
        }
    }

    /// N rows of C · inner numbers, cut into tasks, and into pieces that a kernel can treat alike.
    private record Columns(int n, int c, int inner) {

        /// Numbers of a task: 128 KiB of floats, some tens of microseconds.
        private static final int TASK = 1 << 15;

        interface Piece {
            /// Columns `from` ≤ j < `to` of the row that starts at `row`: all of one channel, or of several (−1).
            void run(int row, int from, int to, int channel);
        }

        private boolean isShort() {
            return inner < 2 * WIDTH;
        }

        /// One number for each channel, as it is, or repeated for each of its columns.
        float[] spread(float[] byChannel) {
            if (!isShort() || inner == 1) {
                return byChannel;
            }
            float[] byColumn = new float[c * inner];
            for (int i = 0; i < byColumn.length; i++) {
                byColumn[i] = byChannel[i / inner];
            }
            return byColumn;
        }

        void run(Parallel p, Piece piece) {
            int length = c * inner;
            if (isShort()) {
                int rows = Math.max(1, TASK / length);
                p.run((n + rows - 1) / rows, task -> {
                    for (int row = task * rows; row < Math.min(n, (task + 1) * rows); row++) {
                        piece.run(row * length, 0, length, -1);
                    }
                });
            } else {
                int each = Math.max(1, TASK / inner), stretches = n * c;
                p.run((stretches + each - 1) / each, task -> {
                    for (int i = task * each; i < Math.min(stretches, (task + 1) * each); i++) {
                        int channel = i % c;
                        piece.run(i / c * length, channel * inner, (channel + 1) * inner, channel);
                    }
                });
            }
        }
    }
}
