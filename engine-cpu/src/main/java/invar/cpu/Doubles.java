package invar.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Floats read as vectors of doubles, half as many at a time: for sums, which in single precision would lose digits.
/// Converting is one instruction, and memory is slower than two halves of arithmetic.
final class Doubles {

    static final VectorSpecies<Double> SPECIES = VectorSpecies.of(double.class, Lanes.SPECIES.vectorShape());

    /// Doubles in one vector: half of [Lanes#WIDTH].
    static final int WIDTH = SPECIES.length();

    /// As many floats as there are doubles in a vector.
    static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(Lanes.SPECIES.vectorBitSize() / 2));

    private Doubles() {}

    /// The next [#WIDTH] numbers of x.
    static DoubleVector load(float[] x, int at) {
        return wide(FloatVector.fromArray(HALF, x, at));
    }

    static DoubleVector wide(FloatVector half) {
        return (DoubleVector) half.castShape(SPECIES, 0);
    }

    /// The sum of the lanes, from the first to the last. `room` is any array with [#WIDTH] places.
    static double sum(DoubleVector v, double[] room) {
        v.intoArray(room, 0);
        double sum = room[0];
        for (int i = 1; i < WIDTH; i++) sum += room[i];
        return sum;
    }

    /// Σ aᵢ bᵢ, in double. `room` is any array with [#WIDTH] places.
    static double dot(float[] a, int ao, float[] b, int bo, int n, double[] room) {
        DoubleVector s0 = DoubleVector.zero(SPECIES), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= n - 4 * WIDTH; i += 4 * WIDTH) {           // four sums at once: an addition takes about four cycles
            s0 = load(a, ao + i).fma(load(b, bo + i), s0);
            s1 = load(a, ao + i + WIDTH).fma(load(b, bo + i + WIDTH), s1);
            s2 = load(a, ao + i + 2 * WIDTH).fma(load(b, bo + i + 2 * WIDTH), s2);
            s3 = load(a, ao + i + 3 * WIDTH).fma(load(b, bo + i + 3 * WIDTH), s3);
        }
        double sum = sum(s0.add(s1).add(s2.add(s3)), room);
        for (; i < n; i++) sum += (double) a[ao + i] * b[bo + i];
        return sum;
    }
}
