package invar.ssl.part;

import java.util.Arrays;

/// How much two partitions of the same things agree, whatever their parts are called (Strehl and Ghosh 2002, "Cluster
/// ensembles: a knowledge reuse framework for combining multiple partitions"; DeepCluster, Caron et al. 2018,
/// [arXiv:1807.05520](https://arxiv.org/abs/1807.05520), Sec. 4.1, watches it from one epoch to the next):
/// ```
/// NMI(A, B) = 2 I(A; B) / (H(A) + H(B))          I(A; B) = H(A) + H(B) − H(A, B)
/// ```
/// 1 if either partition tells the other, 0 if they are independent.
///
/// Departure: DeepCluster divides by √(H(A) H(B)); this is scikit-learn's default. They differ little where both
/// partitions are about as fine.
public final class MutualInformation {

    private MutualInformation() {}

    /// NMI over the things that have a part in both.
    ///
    /// @param a the part of each thing, negative if it has none
    /// @param b as a, of the same length
    /// @return 0 … 1, but for rounding; 1 if both have one part only; NaN if nothing has a part in both
    public static double normalized(int[] a, int[] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("partitions of " + a.length + " and of " + b.length + " things");
        }
        long[] pairs = new long[a.length];
        int n = 0;
        for (int i = 0; i < a.length; i++) if (a[i] >= 0 && b[i] >= 0) pairs[n++] = (long) a[i] << 32 | b[i];
        if (n == 0) return Double.NaN;
        pairs = Arrays.copyOf(pairs, n);
        double ofA = entropy(Arrays.stream(pairs).map(pair -> pair >>> 32).toArray());
        double ofB = entropy(Arrays.stream(pairs).map(pair -> pair & 0xFFFFFFFFL).toArray());
        return ofA + ofB == 0 ? 1 : 2 * (ofA + ofB - entropy(pairs)) / (ofA + ofB);
    }

    /// H = ln n − 1/n Σ_c n_c ln n_c, where n_c things have the value c.
    private static double entropy(long[] values) {
        Arrays.sort(values);
        double sum = 0;
        for (int from = 0, to; from < values.length; from = to) {
            to = from + 1;
            while (to < values.length && values[to] == values[from]) to++;
            sum += (to - from) * Math.log(to - from);
        }
        return Math.log(values.length) - sum / values.length;
    }
}
