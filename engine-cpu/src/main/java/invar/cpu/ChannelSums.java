package invar.cpu;

import static invar.cpu.Doubles.HALF;

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
final class ChannelSums {

    private ChannelSums() {}

    /// Mean and variance (the biased one) of every channel.
    static void moments(ChannelTiles t, float[] x, int xo, double[] mean, double[] variance, Parallel parallel) {
        float[] shift = new float[t.c()];
        for (int c = 0; c < shift.length; c++) shift[c] = x[xo + t.at(0, c)];
        double[] parts = new double[t.rowTiles() * t.c() * 2];
        t.each(parallel, (rowTile, row, rows, channel, channels) -> {
            int at = xo + t.at(row, channel), to = (rowTile * t.c() + channel) * 2;
            if (t.byChannel()) {
                double[] room = new double[Doubles.WIDTH];
                for (int k = 0; k < channels; k++) {
                    moments(x, at + k * t.inner(), t.stride(), rows, t.inner(), shift[channel + k], room, parts, to + 2 * k);
                }
            } else {
                int width = channels * t.inner();
                float[] shifts = Scratch.CHANNELS.floats(width);
                t.spread(shift, channel, channels, shifts, 0);
                double[] first = new double[width], second = new double[width];
                moments(x, at, t.stride(), rows, width, shifts, first, second);
                fold(t.inner(), channels, first, second, parts, to);
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
        double[] parts = new double[t.rowTiles() * t.c() * 2];
        t.each(parallel, (rowTile, row, rows, channel, channels) -> {
            int at = t.at(row, channel), to = (rowTile * t.c() + channel) * 2;
            if (t.byChannel()) {
                double[] room = new double[Doubles.WIDTH];
                for (int k = 0; k < channels; k++) {
                    int start = at + k * t.inner();
                    products(x, xo + start, y, yo + start, floor, dy, go + start, t.stride(), rows, t.inner(),
                            mean[mo + channel + k], room, parts, to + 2 * k);
                }
            } else {
                int width = channels * t.inner();
                float[] means = Scratch.CHANNELS.floats(width);
                t.spread(mean, mo + channel, channels, means, 0);
                double[] first = new double[width], second = new double[width];
                products(x, xo + at, y, yo + at, floor, dy, go + at, t.stride(), rows, width, means, first, second);
                fold(t.inner(), channels, first, second, parts, to);
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

    private static void fold(int inner, int channels, double[] first, double[] second, double[] parts, int to) {
        for (int k = 0; k < channels; k++) {
            for (int i = k * inner; i < (k + 1) * inner; i++) {
                parts[to + 2 * k] += first[i];
                parts[to + 2 * k + 1] += second[i];
            }
        }
    }

    /// One channel: `rows` runs of `inner` numbers.
    private static void moments(float[] x, int at, int stride, int rows, int inner, double shift, double[] room,
            double[] parts, int to) {
        int width = Doubles.WIDTH;
        DoubleVector k = DoubleVector.broadcast(Doubles.SPECIES, shift), zero = DoubleVector.zero(Doubles.SPECIES);
        DoubleVector s0 = zero, s1 = zero, s2 = zero, s3 = zero, q0 = zero, q1 = zero, q2 = zero, q3 = zero;
        double s = 0, q = 0;
        for (int row = 0; row < rows; row++) {
            int from = at + row * stride, i = 0;
            for (; i <= inner - 4 * width; i += 4 * width) {    // four sums at once: an addition takes about four cycles
                DoubleVector d0 = Doubles.load(x, from + i).sub(k), d1 = Doubles.load(x, from + i + width).sub(k);
                DoubleVector d2 = Doubles.load(x, from + i + 2 * width).sub(k);
                DoubleVector d3 = Doubles.load(x, from + i + 3 * width).sub(k);
                s0 = s0.add(d0);
                s1 = s1.add(d1);
                s2 = s2.add(d2);
                s3 = s3.add(d3);
                q0 = d0.fma(d0, q0);
                q1 = d1.fma(d1, q1);
                q2 = d2.fma(d2, q2);
                q3 = d3.fma(d3, q3);
            }
            for (; i < inner; i++) {
                double d = x[from + i] - shift;
                s += d;
                q += d * d;
            }
        }
        parts[to] = s + Doubles.sum(s0.add(s1).add(s2.add(s3)), room);
        parts[to + 1] = q + Doubles.sum(q0.add(q1).add(q2.add(q3)), room);
    }

    /// `width` columns side by side.
    private static void moments(float[] x, int at, int stride, int rows, int width, float[] shift, double[] first,
            double[] second) {
        int j = 0, step = Doubles.WIDTH;
        for (; j <= width - 2 * step; j += 2 * step) {
            DoubleVector k0 = Doubles.load(shift, j), k1 = Doubles.load(shift, j + step);
            DoubleVector zero = DoubleVector.zero(Doubles.SPECIES), s0 = zero, s1 = zero, q0 = zero, q1 = zero;
            for (int row = 0, from = at + j; row < rows; row++, from += stride) {
                DoubleVector d0 = Doubles.load(x, from).sub(k0), d1 = Doubles.load(x, from + step).sub(k1);
                s0 = s0.add(d0);
                s1 = s1.add(d1);
                q0 = d0.fma(d0, q0);
                q1 = d1.fma(d1, q1);
            }
            s0.intoArray(first, j);
            s1.intoArray(first, j + step);
            q0.intoArray(second, j);
            q1.intoArray(second, j + step);
        }
        for (; j < width; j++) {
            double s = 0, q = 0;
            for (int row = 0, from = at + j; row < rows; row++, from += stride) {
                double d = x[from] - (double) shift[j];
                s += d;
                q += d * d;
            }
            first[j] = s;
            second[j] = q;
        }
    }

    /// One channel: `rows` runs of `inner` numbers.
    private static void products(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, int stride,
            int rows, int inner, double mean, double[] room, double[] parts, int to) {
        int width = Doubles.WIDTH;
        DoubleVector m = DoubleVector.broadcast(Doubles.SPECIES, mean), zero = DoubleVector.zero(Doubles.SPECIES);
        DoubleVector s0 = zero, s1 = zero, q0 = zero, q1 = zero;
        double s = 0, q = 0;
        for (int row = 0; row < rows; row++) {
            int from = row * stride, i = 0;
            for (; i <= inner - 2 * width; i += 2 * width) {
                DoubleVector g0 = gradient(y, yo + from + i, floor, dy, go + from + i);
                DoubleVector g1 = gradient(y, yo + from + i + width, floor, dy, go + from + i + width);
                s0 = s0.add(g0);
                s1 = s1.add(g1);
                q0 = Doubles.load(x, xo + from + i).sub(m).fma(g0, q0);
                q1 = Doubles.load(x, xo + from + i + width).sub(m).fma(g1, q1);
            }
            for (; i < inner; i++) {
                double g = y[yo + from + i] <= floor ? 0 : dy[go + from + i];
                s += g;
                q += g * (x[xo + from + i] - mean);
            }
        }
        parts[to] = s + Doubles.sum(s0.add(s1), room);
        parts[to + 1] = q + Doubles.sum(q0.add(q1), room);
    }

    /// `width` columns side by side.
    private static void products(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, int stride,
            int rows, int width, float[] mean, double[] first, double[] second) {
        int j = 0, step = Doubles.WIDTH;
        for (; j <= width - 2 * step; j += 2 * step) {
            DoubleVector m0 = Doubles.load(mean, j), m1 = Doubles.load(mean, j + step);
            DoubleVector zero = DoubleVector.zero(Doubles.SPECIES), s0 = zero, s1 = zero, q0 = zero, q1 = zero;
            for (int row = 0, at = j; row < rows; row++, at += stride) {
                DoubleVector g0 = gradient(y, yo + at, floor, dy, go + at);
                DoubleVector g1 = gradient(y, yo + at + step, floor, dy, go + at + step);
                s0 = s0.add(g0);
                s1 = s1.add(g1);
                q0 = Doubles.load(x, xo + at).sub(m0).fma(g0, q0);
                q1 = Doubles.load(x, xo + at + step).sub(m1).fma(g1, q1);
            }
            s0.intoArray(first, j);
            s1.intoArray(first, j + step);
            q0.intoArray(second, j);
            q1.intoArray(second, j + step);
        }
        for (; j < width; j++) {
            double s = 0, q = 0;
            for (int row = 0, at = j; row < rows; row++, at += stride) {
                double g = y[yo + at] <= floor ? 0 : dy[go + at];
                s += g;
                q += g * (x[xo + at] - (double) mean[j]);
            }
            first[j] = s;
            second[j] = q;
        }
    }

    private static DoubleVector gradient(float[] y, int yo, float floor, float[] dy, int go) {
        FloatVector g = FloatVector.fromArray(HALF, dy, go);
        return Doubles.wide(g.blend(0, FloatVector.fromArray(HALF, y, yo).compare(VectorOperators.LE, floor)));
    }
}
