package invar.benchmarks.work;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Rows of floats, computed with in double by plain loops: what guards compare with.
final class DoubleRows {

    private DoubleRows() {}

    /// Σ_k a[i, k] b[j, k], for matrices with rows of length d.
    static double dot(float[] a, int i, float[] b, int j, int d) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;           // four sums at once: an addition takes about four cycles
        int p = i * d, q = j * d, k = 0;
        for (; k + 3 < d; k += 4) {
            s0 += (double) a[p + k] * b[q + k];
            s1 += (double) a[p + k + 1] * b[q + k + 1];
            s2 += (double) a[p + k + 2] * b[q + k + 2];
            s3 += (double) a[p + k + 3] * b[q + k + 3];
        }
        for (; k < d; k++) s0 += (double) a[p + k] * b[q + k];
        return s0 + s1 + (s2 + s3);
    }

    /// aᵢ · bⱼ for all rows j of b.
    static double[] dots(float[] a, int i, float[] b, int d) {
        return IntStream.range(0, b.length / d).parallel().mapToDouble(j -> dot(a, i, b, j, d)).toArray();
    }

    /// 1/‖aᵢ‖ of all rows.
    static double[] inverseNorms(float[] a, int d) {
        IntStream rows = IntStream.range(0, a.length / d).parallel();
        return rows.mapToDouble(i -> 1 / Math.sqrt(dot(a, i, a, i, d))).toArray();
    }

    /// log Σ eˣ.
    static double logSumExp(double[] x) {
        double most = Arrays.stream(x).max().orElseThrow(), sum = 0;
        for (double value : x) sum += Math.exp(value - most);
        return most + Math.log(sum);
    }

    /// These rows of a matrix with rows of length d, one after the other.
    static double[] rows(float[] a, int d, int... rows) {
        double[] out = new double[rows.length * d];
        for (int r = 0; r < rows.length; r++) {
            for (int k = 0; k < d; k++) out[r * d + k] = a[rows[r] * d + k];
        }
        return out;
    }
}
