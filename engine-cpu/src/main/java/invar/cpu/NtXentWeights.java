package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The weights of u in the gradient of NT-Xent at small temperatures, from similarities s and row log-sum-exps lse,
/// with t = s / τ:
/// ```
/// wᵢⱼ = e^(tᵢⱼ − lseᵢ) + e^(tᵢⱼ − lseⱼ) = e^(tᵢⱼ − c) (fᵢ + fⱼ)        fⱼ = e^(c − lseⱼ)
/// ```
/// The second form needs one exponential for two. With c half way between the extreme lse neither factor overflows as
/// long as these are no more than 80 apart, because t ≤ lse; and where e^(t − c) underflows, w is less than e^(−47),
/// while a row sums up to about 2. If they are further apart, as they can be for temperatures under 0.025, it is the
/// first form.
///
/// @param center  c, or NaN for the first form
/// @param factors f, with zeros up to a multiple of the columns of a piece
/// @param lse     with zeros likewise
/// @param scale   1/τ
record NtXentWeights(float center, float[] factors, float[] lse, float scale) {

    private static final float SPREAD = 80;

    static NtXentWeights of(double[] lse, float scale) {
        int m = lse.length;
        float low = Float.POSITIVE_INFINITY, high = Float.NEGATIVE_INFINITY;
        float[] padded = new float[(m + COLUMNS - 1) / COLUMNS * COLUMNS], factors = new float[padded.length];
        for (int i = 0; i < m; i++) {
            padded[i] = (float) lse[i];
            low = Math.min(low, padded[i]);
            high = Math.max(high, padded[i]);
        }
        if (high - low > SPREAD) return new NtXentWeights(Float.NaN, factors, padded, scale);
        float center = (low + high) / 2;
        for (int i = 0; i < m; i++) factors[i] = (float) Math.exp(center - (double) padded[i]);
        return new NtXentWeights(center, factors, padded, scale);
    }

    /// Turns a piece of similarities, `rows` rows from `first` on of columns from `column` on, into weights.
    void apply(float[] s, int rows, int first, int column) {
        if (Float.isNaN(center)) two(s, rows, first, column);
        else one(s, rows, first, column);
    }

    private void one(float[] s, int rows, int first, int column) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.broadcast(SPECIES, -center);
        for (int i = 0; i < rows * COLUMNS; i += WIDTH) {
            FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, s, i).fma(factor, minus));
            FloatVector own = FloatVector.fromArray(SPECIES, factors, column + i % COLUMNS);
            e.mul(own.add(factors[first + i / COLUMNS])).intoArray(s, i);
        }
    }

    private void two(float[] s, int rows, int first, int column) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        for (int i = 0; i < rows * COLUMNS; i += WIDTH) {
            FloatVector t = FloatVector.fromArray(SPECIES, s, i).mul(factor);
            FloatVector own = VectorMath.exp(t.sub(FloatVector.fromArray(SPECIES, lse, column + i % COLUMNS)));
            own.add(VectorMath.exp(t.sub(lse[first + i / COLUMNS]))).intoArray(s, i);
        }
    }
}
