package invar.cpu;

import static invar.cpu.Doubles.HALF;
import static invar.cpu.Doubles.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Two sums for every channel of (n, c, inner), from one reading of memory, in double precision and in an order that
/// follows from the extents alone.
///
/// Moments are sums of d = x − k and d², where k is the first value of the channel (Chan, Golub, LeVeque, "Algorithms
/// for computing the sample variance", The American Statistician 37(3), 1983). Because k is one of the M values, the
/// difference Σd² − (Σd)²/M loses at most a factor of M, and double precision has that to spare: 100 ± 0.1 and outliers
/// alike give a variance good to more digits than a float has.
///
/// The inner loops are methods of their own that are called for every run of numbers, with their sums in memory between
/// calls. So they are compiled after some hundred short calls; one long call would run interpreted for seconds.
final class ChannelSums {

    private ChannelSums() {}

    /// Mean and variance (the biased one) of every channel.
    static void moments(ChannelTiles t, float[] x, int xo, double[] mean, double[] variance, Parallel parallel) {
        float[] shift = new float[t.c()];
        for (int c = 0; c < shift.length; c++) shift[c] = x[xo + t.at(0, c)];
        double[] parts = Scratch.PARTS.zeros(t.rowTiles() * t.c() * 2);
        t.each(parallel, (rowTile, row, rows, channel, channels) -> {
            int at = xo + t.at(row, channel), to = (rowTile * t.c() + channel) * 2;
            if (t.byChannel()) {
                double[] sums = Scratch.LANES.zeros(4 * WIDTH);
                for (int k = 0; k < channels; k++) {
                    Arrays.fill(sums, 0, 4 * WIDTH, 0);
                    for (int r = 0; r < rows; r++) {
                        moments(x, at + r * t.stride() + k * t.inner(), t.inner(), shift[channel + k], sums);
                    }
                    fold(sums, parts, to + 2 * k);
                }
            } else {
                int width = channels * t.inner();
                float[] shifts = Scratch.CHANNELS.floats(width);
                t.spread(shift, channel, channels, shifts, 0);
                double[] sums = Scratch.LANES.zeros(2 * width);
                for (int r = 0; r < rows; r++) moments(x, at + r * t.stride(), width, shifts, sums);
                fold(t.inner(), channels, sums, parts, to);
            }
        });
        double count = t.count();
        for (int c = 0; c < t.c(); c++) {
            double d = total(parts, t, 2 * c), d2 = total(parts, t, 2 * c + 1);
            mean[c] = shift[c] + d / count;
            variance[c] = Math.max(0, (d2 - d * d / count) / count);
        }
    }

    /// Σ g and Σ g (x − mean) of every channel, where g = dy, or 0 where y ≤ floor; a floor of NaN leaves all.
    static void products(ChannelTiles t, float[] x, int xo, float[] mean, int mo, float[] y, int yo, float floor,
            float[] dy, int go, double[] sums, double[] products, Parallel parallel) {
        double[] parts = Scratch.PARTS.zeros(t.rowTiles() * t.c() * 2);
        t.each(parallel, (rowTile, row, rows, channel, channels) -> {
            int start = t.at(row, channel), to = (rowTile * t.c() + channel) * 2;
            if (t.byChannel()) {
                double[] lanes = Scratch.LANES.zeros(4 * WIDTH);
                for (int k = 0; k < channels; k++) {
                    Arrays.fill(lanes, 0, 4 * WIDTH, 0);
                    for (int r = 0; r < rows; r++) {
                        int at = start + r * t.stride() + k * t.inner();
                        products(x, xo + at, y, yo + at, floor, dy, go + at, t.inner(), mean[mo + channel + k], lanes);
                    }
                    fold(lanes, parts, to + 2 * k);
                }
            } else {
                int width = channels * t.inner();
                float[] means = Scratch.CHANNELS.floats(width);
                t.spread(mean, mo + channel, channels, means, 0);
                double[] columns = Scratch.LANES.zeros(2 * width);
                for (int r = 0; r < rows; r++) {
                    int at = start + r * t.stride();
                    products(x, xo + at, y, yo + at, floor, dy, go + at, width, means, columns);
                }
                fold(t.inner(), channels, columns, parts, to);
            }
        });
        for (int c = 0; c < t.c(); c++) {
            sums[c] = total(parts, t, 2 * c);
            products[c] = total(parts, t, 2 * c + 1);
        }
    }

    private static double total(double[] parts, ChannelTiles t, int at) {
        double total = 0;
        for (int tile = 0; tile < t.rowTiles(); tile++) total += parts[tile * t.c() * 2 + at];
        return total;
    }

    /// The sums of one channel from their lanes: two vectors of each.
    private static void fold(double[] lanes, double[] parts, int to) {
        for (int i = 0; i < 2 * WIDTH; i++) {
            parts[to] += lanes[i];
            parts[to + 1] += lanes[2 * WIDTH + i];
        }
    }

    /// The sums of `channels` channels from those of their positions.
    private static void fold(int inner, int channels, double[] columns, double[] parts, int to) {
        int width = channels * inner;
        for (int k = 0; k < channels; k++) {
            for (int i = k * inner; i < (k + 1) * inner; i++) {
                parts[to + 2 * k] += columns[i];
                parts[to + 2 * k + 1] += columns[width + i];
            }
        }
    }

    /// Adds the sums of `n` numbers of one channel to `sums`, two vectors of each.
    private static void moments(float[] x, int at, int n, double shift, double[] sums) {
        DoubleVector k = DoubleVector.broadcast(Doubles.SPECIES, shift);
        DoubleVector s0 = DoubleVector.fromArray(Doubles.SPECIES, sums, 0);
        DoubleVector s1 = DoubleVector.fromArray(Doubles.SPECIES, sums, WIDTH);
        DoubleVector q0 = DoubleVector.fromArray(Doubles.SPECIES, sums, 2 * WIDTH);
        DoubleVector q1 = DoubleVector.fromArray(Doubles.SPECIES, sums, 3 * WIDTH);
        int i = 0;
        for (; i <= n - 2 * WIDTH; i += 2 * WIDTH) {
            DoubleVector d0 = Doubles.load(x, at + i).sub(k), d1 = Doubles.load(x, at + i + WIDTH).sub(k);
            s0 = s0.add(d0);
            s1 = s1.add(d1);
            q0 = d0.fma(d0, q0);
            q1 = d1.fma(d1, q1);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, WIDTH);
        q0.intoArray(sums, 2 * WIDTH);
        q1.intoArray(sums, 3 * WIDTH);
        for (; i < n; i++) {
            double d = x[at + i] - shift;
            sums[0] += d;
            sums[2 * WIDTH] += d * d;
        }
    }

    /// Adds a row of `n` columns to their sums, first all Σ d, then all Σ d².
    private static void moments(float[] x, int at, int n, float[] shift, double[] sums) {
        int j = 0;
        for (; j <= n - WIDTH; j += WIDTH) {
            DoubleVector d = Doubles.load(x, at + j).sub(Doubles.load(shift, j));
            DoubleVector.fromArray(Doubles.SPECIES, sums, j).add(d).intoArray(sums, j);
            d.fma(d, DoubleVector.fromArray(Doubles.SPECIES, sums, n + j)).intoArray(sums, n + j);
        }
        for (; j < n; j++) {
            double d = x[at + j] - (double) shift[j];
            sums[j] += d;
            sums[n + j] += d * d;
        }
    }

    /// Adds the sums of `n` numbers of one channel to `sums`, two vectors of each.
    private static void products(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, int n,
            double mean, double[] sums) {
        DoubleVector m = DoubleVector.broadcast(Doubles.SPECIES, mean);
        DoubleVector s0 = DoubleVector.fromArray(Doubles.SPECIES, sums, 0);
        DoubleVector s1 = DoubleVector.fromArray(Doubles.SPECIES, sums, WIDTH);
        DoubleVector q0 = DoubleVector.fromArray(Doubles.SPECIES, sums, 2 * WIDTH);
        DoubleVector q1 = DoubleVector.fromArray(Doubles.SPECIES, sums, 3 * WIDTH);
        int i = 0;
        for (; i <= n - 2 * WIDTH; i += 2 * WIDTH) {
            DoubleVector g0 = gradient(y, yo + i, floor, dy, go + i);
            DoubleVector g1 = gradient(y, yo + i + WIDTH, floor, dy, go + i + WIDTH);
            s0 = s0.add(g0);
            s1 = s1.add(g1);
            q0 = Doubles.load(x, xo + i).sub(m).fma(g0, q0);
            q1 = Doubles.load(x, xo + i + WIDTH).sub(m).fma(g1, q1);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, WIDTH);
        q0.intoArray(sums, 2 * WIDTH);
        q1.intoArray(sums, 3 * WIDTH);
        for (; i < n; i++) {
            double g = y[yo + i] <= floor ? 0 : dy[go + i];
            sums[0] += g;
            sums[2 * WIDTH] += g * (x[xo + i] - mean);
        }
    }

    /// Adds a row of `n` columns to their sums, first all Σ g, then all Σ g (x − mean).
    private static void products(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, int n,
            float[] mean, double[] sums) {
        int j = 0;
        for (; j <= n - WIDTH; j += WIDTH) {
            DoubleVector g = gradient(y, yo + j, floor, dy, go + j);
            DoubleVector.fromArray(Doubles.SPECIES, sums, j).add(g).intoArray(sums, j);
            Doubles.load(x, xo + j).sub(Doubles.load(mean, j))
                    .fma(g, DoubleVector.fromArray(Doubles.SPECIES, sums, n + j)).intoArray(sums, n + j);
        }
        for (; j < n; j++) {
            double g = y[yo + j] <= floor ? 0 : dy[go + j];
            sums[j] += g;
            sums[n + j] += g * (x[xo + j] - (double) mean[j]);
        }
    }

    private static DoubleVector gradient(float[] y, int yo, float floor, float[] dy, int go) {
        FloatVector g = FloatVector.fromArray(HALF, dy, go);
        return Doubles.wide(g.blend(0, FloatVector.fromArray(HALF, y, yo).compare(VectorOperators.LE, floor)));
    }
}
