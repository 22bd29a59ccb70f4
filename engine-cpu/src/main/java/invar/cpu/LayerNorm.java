package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Layer normalisation of each row of x (rows, n), and its gradients (Ba, Kiros, Hinton 2016, arXiv:1607.06450, Eq. 3):
/// ```
/// x̂ = (x − mean) rstd        y = γ x̂ + β        mean, rstd = 1 / √(variance + ε) of the row, variance biased
/// dx = rstd (g − Σ g/n − x̂ Σ g x̂/n)    g = γ dy        dγ = Σ dy x̂    dβ = Σ dy   over rows
/// ```
/// Mean and variance are taken in two passes over the row, the sums of blocks in double.
final class LayerNorm {

    /// Numbers of a task.
    private static final int TASK = 1 << 14;

    /// Rows whose contributions to dγ and dβ are added up before the results of such groups are, in order.
    private static final int ROWS = 64;

    private LayerNorm() {}

    /// Writes y (rows, n), and mean and rstd (rows) for the backward pass.
    static void forward(Parallel p, float[] x, int xo, int rows, int n, float[] gamma, int go, float[] beta, int bo,
            double epsilon, float[] y, int yo, float[] mean, int mo, float[] rstd, int ro) {
        int each = Math.max(1, TASK / n);
        p.run((rows + each - 1) / each, task -> {
            float[] buffer = new float[WIDTH];
            for (int row = task * each; row < Math.min(rows, (task + 1) * each); row++) {
                int at = xo + row * n, to = yo + row * n;
                float m = (float) (Sums.sum(x, at, n, buffer) / n);
                double variance = deviation(x, at, n, m, buffer) / n;
                float r = (float) (1 / Math.sqrt(variance + epsilon));
                mean[mo + row] = m;
                rstd[ro + row] = r;
                int i = 0;
                for (; i <= n - WIDTH; i += WIDTH) {
                    FloatVector.fromArray(SPECIES, x, at + i).sub(m).mul(r)
                            .fma(FloatVector.fromArray(SPECIES, gamma, go + i),
                                    FloatVector.fromArray(SPECIES, beta, bo + i))
                            .intoArray(y, to + i);
                }
                for (; i < n; i++) {
                    y[to + i] = Math.fma((x[at + i] - m) * r, gamma[go + i], beta[bo + i]);
                }
            }
        });
    }

    /// Writes dx (rows, n), dγ and dβ (n).
    static void backward(Parallel p, float[] x, int xo, float[] dy, int dyo, int rows, int n, float[] gamma, int go,
            float[] mean, int mo, float[] rstd, int ro, float[] dx, int dxo, float[] dgamma, int dgo, float[] dbeta,
            int dbo) {
        int groups = (rows + ROWS - 1) / ROWS;
        float[] parts = Scratch.PARTS.floats(2 * groups * n);
        p.run(groups, group -> {
            float[] buffer = new float[WIDTH];
            int partGamma = 2 * group * n, partBeta = partGamma + n;
            Arrays.fill(parts, partGamma, partBeta + n, 0);
            for (int row = group * ROWS; row < Math.min(rows, (group + 1) * ROWS); row++) {
                gradient(x, xo + row * n, dy, dyo + row * n, n, gamma, go, mean[mo + row], rstd[ro + row], dx,
                        dxo + row * n, parts, partGamma, partBeta, buffer);
            }
        });
        for (int i = 0; i < n; i++) {
            double sumGamma = 0, sumBeta = 0;
            for (int group = 0; group < groups; group++) {
                sumGamma += parts[2 * group * n + i];
                sumBeta += parts[(2 * group + 1) * n + i];
            }
            dgamma[dgo + i] = (float) sumGamma;
            dbeta[dbo + i] = (float) sumBeta;
        }
    }

    private static void gradient(float[] x, int xo, float[] dy, int dyo, int n, float[] gamma, int go, float m, float r,
            float[] dx, int dxo, float[] parts, int partGamma, int partBeta, float[] buffer) {
        double sum = 0, dot = 0;                               // Σ g and Σ g x̂
        for (int from = 0; from < n; from += Sums.BLOCK) {
            int end = Math.min(n, from + Sums.BLOCK), i = from;
            FloatVector s = FloatVector.zero(SPECIES), d = s;
            for (; i <= end - WIDTH; i += WIDTH) {
                FloatVector grad = FloatVector.fromArray(SPECIES, dy, dyo + i);
                FloatVector hat = FloatVector.fromArray(SPECIES, x, xo + i).sub(m).mul(r);
                FloatVector g = grad.mul(FloatVector.fromArray(SPECIES, gamma, go + i));
                s = s.add(g);
                d = g.fma(hat, d);
                grad.fma(hat, FloatVector.fromArray(SPECIES, parts, partGamma + i)).intoArray(parts, partGamma + i);
                grad.add(FloatVector.fromArray(SPECIES, parts, partBeta + i)).intoArray(parts, partBeta + i);
            }
            sum += Sums.lanes(s, buffer);
            dot += Sums.lanes(d, buffer);
            for (; i < end; i++) {
                float hat = (x[xo + i] - m) * r, g = dy[dyo + i] * gamma[go + i];
                sum += g;
                dot += g * hat;
                parts[partGamma + i] = Math.fma(dy[dyo + i], hat, parts[partGamma + i]);
                parts[partBeta + i] += dy[dyo + i];
            }
        }
        float meanG = (float) (sum / n), slope = (float) (dot / n);
        FloatVector minusSlope = FloatVector.broadcast(SPECIES, -slope);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector hat = FloatVector.fromArray(SPECIES, x, xo + i).sub(m).mul(r);
            FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + i)
                    .mul(FloatVector.fromArray(SPECIES, gamma, go + i));
            hat.fma(minusSlope, g.sub(meanG)).mul(r).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            float hat = (x[xo + i] - m) * r;
            dx[dxo + i] = Math.fma(hat, -slope, dy[dyo + i] * gamma[go + i] - meanG) * r;
        }
    }

    /// Σ (x − m)², less what it gains because m is rounded.
    private static double deviation(float[] x, int at, int n, float m, float[] buffer) {
        double first = 0, second = 0;
        for (int from = 0; from < n; from += Sums.BLOCK) {
            int end = Math.min(n, from + Sums.BLOCK), i = from;
            FloatVector s1 = FloatVector.zero(SPECIES), s2 = s1;
            for (; i <= end - WIDTH; i += WIDTH) {
                FloatVector d = FloatVector.fromArray(SPECIES, x, at + i).sub(m);
                s1 = s1.add(d);
                s2 = d.fma(d, s2);
            }
            first += Sums.lanes(s1, buffer);
            second += Sums.lanes(s2, buffer);
            for (; i < end; i++) {
                float d = x[at + i] - m;
                first += d;
                second += (double) d * d;
            }
        }
        return Math.max(0, second - first * first / n);
    }
}
