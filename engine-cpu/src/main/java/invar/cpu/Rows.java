package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.util.Arrays;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// What softmaxes do with a row of numbers. Sums are taken in an order that follows from the length alone.
final class Rows {

    /// Numbers that are summed in single precision before the sum goes on in double: 128 a lane for vectors of eight,
    /// four vectors at a time, which keeps the rounding error of a sum of exponentials near 1e-7 however long the row.
    private static final int PIECE = 4096;

    private Rows() {}

    /// The largest of `n` numbers; −∞ if there is none. NaN is passed over.
    static float max(float[] x, int at, int n) {
        FloatVector m = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, at + i);
            m = m.blend(v, v.compare(VectorOperators.GT, m));
        }
        float max = m.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            if (x[at + i] > max) max = x[at + i];
        }
        return max;
    }

    /// Σ e^(scale · x − shift), scale > 0.
    static double sumExp(float[] x, int at, int n, float scale, float shift) {
        double sum = 0;
        for (int from = 0; from < n; from += PIECE) sum += pieceSumExp(x, at + from, Math.min(PIECE, n - from), scale, shift);
        return sum;
    }

    private static float pieceSumExp(float[] x, int at, int n, float scale, float shift) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.broadcast(SPECIES, -shift);
        FloatVector s = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            s = s.add(VectorMath.exp(FloatVector.fromArray(SPECIES, x, at + i).fma(factor, minus)));
        }
        float sum = sum(s);
        return i == n ? sum : sum + pieceSumExp(pad(x, at + i, n - i), 0, WIDTH, scale, shift);
    }

    /// y = e^(x − shift), and its sum.
    static double exp(float[] x, int xo, float[] y, int yo, int n, float shift) {
        double sum = 0;
        for (int from = 0; from < n; from += PIECE) {
            sum += pieceExp(x, xo + from, y, yo + from, Math.min(PIECE, n - from), shift);
        }
        return sum;
    }

    private static float pieceExp(float[] x, int xo, float[] y, int yo, int n, float shift) {
        FloatVector s = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, x, xo + i).sub(shift));
            e.intoArray(y, yo + i);
            s = s.add(e);
        }
        float sum = sum(s);
        if (i == n) return sum;
        float[] rest = pad(x, xo + i, n - i);
        sum += pieceExp(rest, 0, rest, 0, WIDTH, shift);
        System.arraycopy(rest, 0, y, yo + i, n - i);
        return sum;
    }

    /// A vector of `n` numbers of x, and −∞, whose exponential adds nothing.
    private static float[] pad(float[] x, int at, int n) {
        float[] pad = new float[WIDTH];
        Arrays.fill(pad, Float.NEGATIVE_INFINITY);
        System.arraycopy(x, at, pad, 0, n);
        return pad;
    }

    /// The sum of the lanes, always of the same pairs: the order of `reduceLanes` may change when the code is compiled.
    static float sum(FloatVector v) {
        FloatVector s = v;
        for (int distance = WIDTH / 2; distance > 0; distance /= 2) {
            s = s.add(s.rearrange(VectorShuffle.iota(SPECIES, distance, 1, true)));
        }
        return s.lane(0);
    }
}
