package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The two sums that the gradient of a normalisation needs, by channel of (N, C, inner):
/// ```
/// Σ g        Σ g (x − mean)        g = dy, or dy where y > 0 and else 0
/// ```
/// Stretches of one channel, or 32 rows of one column where these are short, are added up in float, and the rest in
/// double, in one order.
final class ChannelDots {

    private static final int STRETCH = Sums.BLOCK, SHORT = 4 * WIDTH, ROWS = 32;

    private ChannelDots() {}

    /// Writes the first sum of all channels and then the second to `sums`, 2 C numbers. `y` may be null: then g = dy.
    static void run(Parallel p, float[] x, int xo, float[] y, int yo, float[] dy, int dyo, int n, int c, int inner,
            float[] mean, int mo, double[] sums) {
        float[] sign = y == null ? dy : y;
        int so = y == null ? dyo : yo;
        float below = y == null ? Float.NaN : 0;               // nothing is ≤ NaN
        if (inner >= SHORT) {
            p.run(c, channel -> {
                double[] two = new double[2];
                float[] buffer = new float[WIDTH];
                for (int i = 0; i < n; i++) {
                    int at = (i * c + channel) * inner;
                    for (int from = at; from < at + inner; from += STRETCH) {
                        stretch(x, xo + from, sign, so + from, below, dy, dyo + from,
                                Math.min(STRETCH, at + inner - from), mean[mo + channel], buffer, two);
                    }
                }
                sums[channel] = two[0];
                sums[c + channel] = two[1];
            });
        } else {
            int each = ChannelMoments.channelsOfTask(inner);
            p.run((c + each - 1) / each, task ->
                    columns(x, xo, sign, so, below, dy, dyo, n, c, inner, mean, mo, task * each,
                            Math.min(c, (task + 1) * each), sums));
        }
    }

    private static void stretch(float[] x, int xo, float[] sign, int so, float below, float[] dy, int dyo, int n,
            float center, float[] buffer, double[] two) {
        FloatVector a = FloatVector.zero(SPECIES), b = a, c = a, d = a;
        int i = 0;
        for (; i <= n - 2 * WIDTH; i += 2 * WIDTH) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + i);
            g = g.blend(0, FloatVector.fromArray(SPECIES, sign, so + i).compare(VectorOperators.LE, below));
            a = a.add(g);
            b = FloatVector.fromArray(SPECIES, x, xo + i).sub(center).fma(g, b);
            FloatVector h = FloatVector.fromArray(SPECIES, dy, dyo + i + WIDTH);
            h = h.blend(0, FloatVector.fromArray(SPECIES, sign, so + i + WIDTH).compare(VectorOperators.LE, below));
            c = c.add(h);
            d = FloatVector.fromArray(SPECIES, x, xo + i + WIDTH).sub(center).fma(h, d);
        }
        two[0] += Sums.lanes(a.add(c), buffer);
        two[1] += Sums.lanes(b.add(d), buffer);
        for (; i < n; i++) {
            float g = sign[so + i] <= below ? 0 : dy[dyo + i];
            two[0] += g;
            two[1] += g * (x[xo + i] - center);
        }
    }

    private static void columns(float[] x, int xo, float[] sign, int so, float below, float[] dy, int dyo, int n, int c,
            int inner, float[] mean, int mo, int from, int to, double[] sums) {
        int columns = (to - from) * inner, step = c * inner;
        float[] center = new float[columns], first = new float[columns], second = new float[columns];
        for (int j = 0; j < columns; j++) {
            center[j] = mean[mo + from + j / inner];
        }
        for (int channel = from; channel < to; channel++) {
            sums[channel] = 0;
            sums[c + channel] = 0;
        }
        for (int row = 0; row < n; row += ROWS) {
            int at = row * step + from * inner, rows = Math.min(ROWS, n - row);
            int j = 0;
            for (; j <= columns - WIDTH; j += WIDTH) {
                FloatVector a = FloatVector.zero(SPECIES), b = a, m = FloatVector.fromArray(SPECIES, center, j);
                for (int i = 0; i < rows; i++) {
                    int k = at + i * step + j;
                    FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + k);
                    g = g.blend(0, FloatVector.fromArray(SPECIES, sign, so + k).compare(VectorOperators.LE, below));
                    a = a.add(g);
                    b = FloatVector.fromArray(SPECIES, x, xo + k).sub(m).fma(g, b);
                }
                a.intoArray(first, j);
                b.intoArray(second, j);
            }
            for (; j < columns; j++) {
                float a = 0, b = 0;
                for (int i = 0; i < rows; i++) {
                    int k = at + i * step + j;
                    float g = sign[so + k] <= below ? 0 : dy[dyo + k];
                    a += g;
                    b = Math.fma(x[xo + k] - center[j], g, b);
                }
                first[j] = a;
                second[j] = b;
            }
            for (j = 0; j < columns; j++) {
                sums[from + j / inner] += first[j];
                sums[c + from + j / inner] += second[j];
            }
        }
    }
}
