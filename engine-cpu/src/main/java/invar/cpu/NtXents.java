package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentGrad;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// [NtXent] and its gradient. The matrix of similarities (M, M), M = 2N, exists a block of rows at a time: a matrix
/// product fills the block, exponentials go over it while it is in the cache, and in the gradient a second product uses
/// it up. So memory grows with M · D and the time is that of the products, M² D each: one forward, two backward.
final class NtXents {

    /// Numbers of a block: 4 MiB, which is in the last-level cache of most processors.
    private static final int BLOCK = 1 << 20;

    /// Rows of a block, for M of 4096 and less: enough to be worth packing the other factor.
    private static final int ROWS = 256;

    /// e^60 is far from overflow, also squared.
    private static final float SPREAD = 60;

    private NtXents() {}

    static void forward(NtXent op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1);
        float[] lse = floats(out[1]), r = floats(out[2]), u = Scratch.UNIT_ROWS.floats(m * d);
        int lo = at(out[1]);
        UnitRows.normalize(parallel, floats(in[0]), at(in[0]), m, d, NtXent.EPSILON, r, at(out[2]), u, 0);
        float inverse = (float) (1 / op.temperature());
        double[] losses = new double[m];
        eachBlock(m, d, u, parallel, (first, rows, s, step) -> Chunks.each(parallel, rows, m, i -> {
            int row = first + i, start = i * step;
            float positive = s[start + partner(row, m)];
            s[start + row] = Float.NEGATIVE_INFINITY;                                  // k ≠ i
            Arrays.fill(s, start + m, start + step, Float.NEGATIVE_INFINITY);
            float[] buffer = new float[WIDTH];
            float max = Rows.max(s, start, m, buffer) * inverse;
            double logSum = Math.log(sumExp(s, start, step, inverse, max, buffer));
            lse[lo + row] = (float) (max + logSum);
            losses[row] = max - (double) positive * inverse + logSum;
        }));
        double loss = 0;
        for (double each : losses) loss += each;
        floats(out[0])[at(out[0])] = (float) (loss / m);
    }

    static void backward(NtXentGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1);
        float[] lse = floats(in[1]), r = floats(in[2]), dz = floats(out[0]), u = Scratch.UNIT_ROWS.floats(m * d);
        int lo = at(in[1]), ro = at(in[2]), to = at(out[0]);
        UnitRows.scale(parallel, floats(in[0]), at(in[0]), m, d, r, ro, u, 0);
        float inverse = (float) (1 / op.temperature());
        double factor = floats(in[3])[at(in[3])] / (m * op.temperature());
        Weights weights = Weights.of(lse, lo, m);
        eachBlock(m, d, u, parallel, (first, rows, s, step) -> {
            Chunks.each(parallel, rows, m, i -> {
                int row = first + i, start = i * step;
                weights.apply(s, start, step, inverse, row);
                s[start + row] = 0;
                s[start + partner(row, m)] -= 2;
            });
            int du = to + first * d;
            Gemm.multiply(parallel, false, false, rows, d, m, s, 0, step, u, 0, d, false, dz, du, d);
            Chunks.each(parallel, rows, d, i -> UnitRows.backward(u, (first + i) * d, d, r[ro + first + i],
                    NtXent.EPSILON,
                    dz, du + i * d, factor, dz, du + i * d, new double[Doubles.WIDTH]));
        });
    }

    private static int partner(int row, int m) {
        return row < m / 2 ? row + m / 2 : row - m / 2;
    }

    /// Rows `first` … of u uᵀ, in rows that are `step` apart, a multiple of the vectors; what is between is arbitrary.
    private interface Block {
        void use(int first, int rows, float[] s, int step);
    }

    private static void eachBlock(int m, int d, float[] u, Parallel parallel, Block body) {
        int step = (m + WIDTH - 1) / WIDTH * WIDTH, each = Math.clamp(BLOCK / step & ~7, 8, ROWS);
        float[] s = Scratch.SIMILARITIES.floats(Math.min(each, m) * step);
        for (int first = 0; first < m; first += each) {
            int rows = Math.min(each, m - first);
            Gemm.multiply(parallel, false, true, rows, m, d, u, first * d, d, u, 0, d, false, s, 0, step);
            body.use(first, rows, s, step);
        }
    }

    /// Σ e^(scale · x − shift) over `n` numbers, whole vectors: in single precision for 4096 at a time, so that a lane
    /// adds up 512 at most.
    private static double sumExp(float[] x, int at, int n, float scale, float shift, float[] buffer) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.broadcast(SPECIES, -shift);
        double sum = 0;
        for (int from = 0; from < n; from += 4096) {
            FloatVector s = FloatVector.zero(SPECIES);
            for (int i = from; i < Math.min(n, from + 4096); i += WIDTH) {
                s = s.add(VectorMath.exp(FloatVector.fromArray(SPECIES, x, at + i).fma(factor, minus)));
            }
            sum += Sums.lanes(s, buffer);
        }
        return sum;
    }

    /// wᵢⱼ = e^(sᵢⱼ − lseᵢ) + e^(sᵢⱼ − lseⱼ), as e^(sᵢⱼ − c) (fᵢ + fⱼ) with fⱼ = e^(c − lseⱼ): one exponential for two.
    /// With c half way between the extreme lse, neither factor overflows as long as these are not far apart, and what
    /// underflows is less than e^(−57), where a row sums up to 1. If they are far apart, as they can be for
    /// temperatures under 0.03, it is two exponentials.
    private record Weights(float center, float[] factors, float[] lse) {

        static Weights of(float[] lse, int lo, int m) {
            float low = Float.POSITIVE_INFINITY, high = Float.NEGATIVE_INFINITY;
            float[] padded = new float[(m + WIDTH - 1) / WIDTH * WIDTH], factors = new float[padded.length];
            for (int i = 0; i < m; i++) {
                padded[i] = lse[lo + i];
                low = Math.min(low, padded[i]);
                high = Math.max(high, padded[i]);
            }
            boolean far = high - low > SPREAD;
            float center = far ? Float.NaN : (low + high) / 2;
            for (int i = 0; i < m && !far; i++) factors[i] = (float) Math.exp(center - (double) padded[i]);
            return new Weights(center, factors, padded);
        }

        /// Turns the similarities of one row into weights: `n` numbers, whole vectors.
        void apply(float[] s, int at, int n, float scale, int row) {
            if (Float.isNaN(center)) two(s, at, n, scale, row);
            else one(s, at, n, scale, row);
        }

        private void one(float[] s, int at, int n, float scale, int row) {
            FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.broadcast(SPECIES, -center);
            for (int j = 0; j < n; j += WIDTH) {
                FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, s, at + j).fma(factor, minus));
                e.mul(FloatVector.fromArray(SPECIES, factors, j).add(factors[row])).intoArray(s, at + j);
            }
        }

        private void two(float[] s, int at, int n, float scale, int row) {
            for (int j = 0; j < n; j += WIDTH) {
                FloatVector logit = FloatVector.fromArray(SPECIES, s, at + j).mul(scale);
                FloatVector own = VectorMath.exp(logit.sub(lse[row]));
                own.add(VectorMath.exp(logit.sub(FloatVector.fromArray(SPECIES, lse, j)))).intoArray(s, at + j);
            }
        }
    }
}
