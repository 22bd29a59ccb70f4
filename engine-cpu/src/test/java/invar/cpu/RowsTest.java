package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import invar.cpu.Rows.Kind;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class RowsTest {

    private static final int[] LENGTHS = {1, 2, 3, 7, 8, 9, 17, 31, 33, 129, 1500};

    private static float[] scaled(int n, double factor, long seed) {
        float[] x = Numbers.random(n, seed);
        for (int i = 0; i < n; i++) {
            x[i] *= (float) factor;
        }
        return x;
    }

    @Test
    void softmaxesFollowTheirFormulas() {
        for (int n : LENGTHS) {
            for (double factor : new double[] {1, 100, 1e4}) {                 // the last overflows without the maximum
                for (int inner : new int[] {1, 3}) {
                    int outer = 5, size = outer * n * inner;
                    float[] x = scaled(2 + size, factor, n), softmax = new float[3 + size], log = new float[3 + size];
                    float[] lse = new float[3 + outer * inner];
                    Rows.alongColumns(Parallel.INLINE, Kind.SOFTMAX, x, 2, outer, n, inner, softmax, 3);
                    Rows.alongColumns(Parallel.INLINE, Kind.LOG_SOFTMAX, x, 2, outer, n, inner, log, 3);
                    Rows.alongColumns(Parallel.INLINE, Kind.LOG_SUM_EXP, x, 2, outer, n, inner, lse, 3);
                    for (int slice = 0; slice < outer * inner; slice++) {
                        int at = slice / inner * n * inner + slice % inner;
                        double max = Double.NEGATIVE_INFINITY, sum = 0;
                        for (int i = 0; i < n; i++) {
                            max = Math.max(max, x[2 + at + i * inner]);
                        }
                        for (int i = 0; i < n; i++) {
                            sum += Math.exp(x[2 + at + i * inner] - max);
                        }
                        assertThat((double) lse[3 + slice]).isCloseTo(max + Math.log(sum),
                                offset(1e-6 + 1e-7 * factor));
                        for (int i = 0; i < n; i++) {
                            double shifted = x[2 + at + i * inner] - max, p = Math.exp(shifted) / sum;
                            assertThat((double) softmax[3 + at + i * inner]).isCloseTo(p, offset(1e-5 * p + 1e-44));
                            assertThat((double) log[3 + at + i * inner]).isCloseTo(shifted - Math.log(sum),
                                    offset(1e-6 + 2e-7 * factor));
                        }
                    }
                }
            }
        }
    }

    @Test
    void entriesOfMinusInfinityAreAbsent() {
        float none = Float.NEGATIVE_INFINITY;
        float[] x = {none, 1, none, none, none, none, none, none, none, 1}, y = new float[10];
        Rows.alongRows(Parallel.INLINE, Kind.SOFTMAX, x, 0, 1, 10, y, 0);
        assertThat(y).containsExactly(0, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0.5f);
        Rows.alongRows(Parallel.INLINE, Kind.LOG_SUM_EXP, x, 0, 5, 2, y, 0);
        assertThat(y).startsWith(1, none, none, none, 1);
    }

    @Test
    void softmaxMayOverwriteItsInput() {
        float[] x = Numbers.random(3 * 41, 1), y = new float[x.length];
        Rows.alongRows(Parallel.INLINE, Kind.SOFTMAX, x, 0, 3, 41, y, 0);
        Rows.alongRows(Parallel.INLINE, Kind.SOFTMAX, x, 0, 3, 41, x, 0);
        assertThat(x).isEqualTo(y);
    }

    @Test
    void maximumIsNanIfThereIsOne() {
        float[] x = Numbers.random(40, 1), buffer = new float[Lanes.WIDTH];
        for (int i : new int[] {0, 5, 17, 39}) {
            float[] y = x.clone();
            y[i] = 7;
            assertThat(Rows.max(y, 0, 40, buffer)).isEqualTo(7);
            y[i] = Float.NaN;
            assertThat(Rows.max(y, 0, 40, buffer)).isNaN();
        }
    }

    @Test
    void layerNormFollowsItsFormulas() {
        for (int n : LENGTHS) {
            for (double center : new double[] {0, 100}) {
                int rows = 67;
                double spread = center > 0 ? 0.1 : 1, epsilon = 1e-5;
                float[] x = scaled(rows * n, spread, n), gamma = Numbers.random(n, 2), beta = Numbers.random(n, 3);
                for (int i = 0; i < x.length; i++) {
                    x[i] += (float) center;
                }
                float[] dy = Numbers.random(rows * n, 4), y = new float[x.length], dx = new float[x.length];
                float[] mean = new float[rows], rstd = new float[rows], dgamma = new float[n], dbeta = new float[n];
                try (Parallel p = new Parallel(2)) {
                    LayerNorm.forward(p, x, 0, rows, n, gamma, 0, beta, 0, epsilon, y, 0, mean, 0, rstd, 0);
                    LayerNorm.backward(p, x, 0, dy, 0, rows, n, gamma, 0, mean, 0, rstd, 0, dx, 0, dgamma, 0, dbeta, 0);
                }
                double[] sumGamma = new double[n], sumBeta = new double[n];
                double error = 1e-5 + 2e-7 * center / spread;
                for (int row = 0; row < rows; row++) {
                    double m = 0, v = 0, g = 0, dot = 0;
                    for (int i = 0; i < n; i++) {
                        m += (double) x[row * n + i] / n;
                    }
                    for (int i = 0; i < n; i++) {
                        v += Math.pow(x[row * n + i] - m, 2) / n;
                    }
                    double r = 1 / Math.sqrt(v + epsilon);
                    for (int i = 0; i < n; i++) {
                        double hat = (x[row * n + i] - m) * r, d = dy[row * n + i];
                        assertThat((double) y[row * n + i]).isCloseTo(gamma[i] * hat + beta[i],
                                offset(error * (1 + r * spread)));
                        sumGamma[i] += d * hat;
                        sumBeta[i] += d;
                        g += d * gamma[i] / n;
                        dot += d * gamma[i] * hat / n;
                    }
                    for (int i = 0; i < n; i++) {
                        double hat = (x[row * n + i] - m) * r;
                        double expected = r * (dy[row * n + i] * gamma[i] - g - hat * dot);
                        assertThat((double) dx[row * n + i]).isCloseTo(expected,
                                offset(4 * error * r * (1 + r * spread)));
                    }
                }
                for (int i = 0; i < n; i++) {
                    assertThat((double) dgamma[i]).isCloseTo(sumGamma[i], offset(error * rows * 4));
                    assertThat((double) dbeta[i]).isCloseTo(sumBeta[i], offset(1e-6 * rows));
                }
            }
        }
    }
}
