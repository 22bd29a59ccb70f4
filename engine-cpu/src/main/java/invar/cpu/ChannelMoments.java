package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Mean and biased variance of each channel of x (N, C, inner), over N and inner.
///
/// The data is read once. It is cut into small groups; each group's mean m and deviation D = Σ (x − m)² are computed in
/// two passes while it is in the first-level cache; groups are combined in double:
/// ```
/// mean = Σ w m / Σ w        variance = (Σ D + Σ w (m − mean)²) / Σ w        w: numbers in the group
/// ```
/// (Chan, Golub, LeVeque, "Algorithms for computing the sample variance", The American Statistician 37(3), 1983). So
/// the result is good to a few units in the last place of the variance, also if the mean is a thousand times the
/// deviation.
///
/// @param mean     by channel
/// @param variance by channel
record ChannelMoments(double[] mean, double[] variance) {

    /// Longest stretch whose moments are taken in float, and from which on a group is a stretch of one channel.
    private static final int STRETCH = Sums.BLOCK, SHORT = 4 * WIDTH;

    /// Rows of a group where a stretch is too short for vectors, so that lanes are neighbouring columns of (N, C ·
    /// inner).
    private static final int ROWS = 32;

    /// The moments of `n` · `c` · `inner` numbers from `xo`; n and inner are at least 1.
    static ChannelMoments of(Parallel p, float[] x, int xo, int n, int c, int inner) {
        ChannelMoments result = new ChannelMoments(new double[c], new double[c]);
        if (inner >= SHORT) {
            p.run(c, channel -> result.alongInner(x, xo, n, c, inner, channel));
        } else {
            int each = channelsOfTask(inner);
            p.run((c + each - 1) / each, task ->
                    result.alongColumns(x, xo, n, c, inner, task * each, Math.min(c, (task + 1) * each)));
        }
        return result;
    }

    /// Channels of a task that works along columns: about 64 columns, so that a row of a task fills cache lines.
    static int channelsOfTask(int inner) {
        return Math.max(1, 64 / inner);
    }

    /// 1 / √(variance + epsilon) by channel.
    double[] inverseDeviation(double epsilon) {
        double[] rstd = new double[variance.length];
        for (int i = 0; i < rstd.length; i++) {
            rstd[i] = 1 / Math.sqrt(variance[i] + epsilon);
        }
        return rstd;
    }

    private void alongInner(float[] x, int xo, int n, int c, int inner, int channel) {
        int pieces = (inner + STRETCH - 1) / STRETCH;
        Groups groups = new Groups(n * pieces);
        float[] buffer = new float[WIDTH];
        for (int i = 0; i < n; i++) {
            for (int from = 0; from < inner; from += STRETCH) {
                groups.addStretch(x, xo + (i * c + channel) * inner + from, Math.min(STRETCH, inner - from), buffer);
            }
        }
        store(channel, groups);
    }

    private void alongColumns(float[] x, int xo, int n, int c, int inner, int from, int to) {
        int columns = (to - from) * inner, blocks = (n + ROWS - 1) / ROWS;
        Groups[] groups = new Groups[to - from];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = new Groups(blocks * inner);
        }
        float[] mean = new float[columns], first = new float[columns], second = new float[columns];
        for (int row = 0; row < n; row += ROWS) {
            int rows = Math.min(ROWS, n - row);
            columnMoments(x, xo + (row * c + from) * inner, c * inner, rows, columns, mean, first, second);
            for (int column = 0; column < columns; column++) {
                groups[column / inner].add(rows, mean[column], first[column], second[column]);
            }
        }
        for (int i = 0; i < groups.length; i++) {
            store(from + i, groups[i]);
        }
    }

    private void store(int channel, Groups groups) {
        mean[channel] = groups.mean();
        variance[channel] = groups.variance();
    }

    /// For each column of some rows: a mean m as rounded, Σ (x − m) and Σ (x − m)².
    private static void columnMoments(float[] x, int at, int step, int rows, int columns, float[] mean, float[] first,
            float[] second) {
        int j = 0;
        for (; j <= columns - WIDTH; j += WIDTH) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int i = 0; i < rows; i++) {
                sum = sum.add(FloatVector.fromArray(SPECIES, x, at + i * step + j));
            }
            FloatVector m = sum.mul(1f / rows), s1 = FloatVector.zero(SPECIES), s2 = s1;
            for (int i = 0; i < rows; i++) {
                FloatVector d = FloatVector.fromArray(SPECIES, x, at + i * step + j).sub(m);
                s1 = s1.add(d);
                s2 = d.fma(d, s2);
            }
            m.intoArray(mean, j);
            s1.intoArray(first, j);
            s2.intoArray(second, j);
        }
        for (; j < columns; j++) {
            float sum = 0, s1 = 0, s2 = 0;
            for (int i = 0; i < rows; i++) {
                sum += x[at + i * step + j];
            }
            float m = sum * (1f / rows);
            for (int i = 0; i < rows; i++) {
                float d = x[at + i * step + j] - m;
                s1 += d;
                s2 = Math.fma(d, d, s2);
            }
            mean[j] = m;
            first[j] = s1;
            second[j] = s2;
        }
    }

    /// The groups of one channel.
    private static final class Groups {

        private final double[] means, weights;
        private double deviation;
        private int size;

        Groups(int most) {
            means = new double[most];
            weights = new double[most];
        }

        /// A group whose mean was taken as `m`, with s1 = Σ (x − m), which is not quite zero, and s2 = Σ (x − m)².
        void add(int weight, double m, double s1, double s2) {
            means[size] = m + s1 / weight;
            weights[size++] = weight;
            deviation += Math.max(0, s2 - s1 * s1 / weight);
        }

        void addStretch(float[] x, int at, int n, float[] buffer) {
            float m = (float) (Sums.sum(x, at, n, buffer) / n);
            FloatVector a = FloatVector.zero(SPECIES), b = a, squareA = a, squareB = a;
            int i = 0;
            for (; i <= n - 2 * WIDTH; i += 2 * WIDTH) {
                FloatVector d = FloatVector.fromArray(SPECIES, x, at + i).sub(m);
                FloatVector e = FloatVector.fromArray(SPECIES, x, at + i + WIDTH).sub(m);
                a = a.add(d);
                b = b.add(e);
                squareA = d.fma(d, squareA);
                squareB = e.fma(e, squareB);
            }
            double s1 = Sums.lanes(a.add(b), buffer), s2 = Sums.lanes(squareA.add(squareB), buffer);
            for (; i < n; i++) {
                float d = x[at + i] - m;
                s1 += d;
                s2 += d * d;
            }
            add(n, m, s1, s2);
        }

        double mean() {
            double sum = 0, weight = 0;
            for (int i = 0; i < size; i++) {
                sum += weights[i] * means[i];
                weight += weights[i];
            }
            return sum / weight;
        }

        double variance() {
            double mean = mean(), sum = deviation, weight = 0;
            for (int i = 0; i < size; i++) {
                double d = means[i] - mean;
                sum += weights[i] * d * d;
                weight += weights[i];
            }
            return sum / weight;
        }
    }
}
