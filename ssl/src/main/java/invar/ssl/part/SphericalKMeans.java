package invar.ssl.part;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.ssl.Losses;
import java.util.Arrays;

/// Spherical k-means (Dhillon and Modha 2001, "Concept decompositions for large sparse text data using clustering"), as
/// DeepCluster-v2 runs it (Caron et al. 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), appendix;
/// `cluster_memory` in the official main_deepclusterv2.py). For rows xᵢ of unit length and centroids c_k, `iterations`
/// times:
/// ```
/// E   aᵢ  = argmax_k xᵢ · c_k                         the first, where several are
/// M   c_k = Σ_{aᵢ = k} xᵢ / ‖Σ_{aᵢ = k} xᵢ‖           a centroid without rows stays
/// ```
/// and then E once more. The products are made in slices, so that memory does not grow with the number of rows; sums
/// are made in the order of the rows, so that the result does not depend on the number of threads.
///
/// Departure: the official code divides the sum by the number of rows before it takes the length away, which cancels.
///
/// @param iterations ≥ 1; 10 in the official code
/// @param scores     how many products xᵢ · c_k there are in memory at a time, unless one row alone has more
public record SphericalKMeans(int iterations, int scores) {

    /// A few megabytes: products large enough to be fast.
    private static final int SCORES = 1 << 20;

    /// Checks the ranges.
    public SphericalKMeans {
        if (iterations < 1) throw new IllegalArgumentException("iterations must be at least 1 but is " + iterations);
        if (scores < 1) throw new IllegalArgumentException("scores must be at least 1 but is " + scores);
    }

    /// With slices of a million products.
    public SphericalKMeans(int iterations) {
        this(iterations, SCORES);
    }

    /// Clusters rows. Waits for the device.
    ///
    /// @param x         (n, D), rows of unit length
    /// @param start     K different rows, where the centroids begin
    /// @param centroids c (K, D), persistent; overwritten
    /// @return a, the centroid of each row, 0 … K − 1
    public int[] fit(Tensor x, int[] start, Tensor centroids) {
        Device device = x.device();
        int n = x.dim(0), k = centroids.dim(0);
        if (start.length != k) {
            throw new IllegalArgumentException(k + " centroids begin at as many rows, not at " + start.length);
        }
        int[] nearest = new int[n];
        try (Scope _ = device.scope()) {
            Ops.update(UpdateOp.Assign.COPY, centroids, x.gather(device.integers(Shape.of(k), start)));
            Tensor ranks = ranks(device, k);
            Tensor sums = device.zeros(centroids.shape());
            for (int i = 0; i < iterations; i++) {
                Ops.update(new UpdateOp.Fill(0), sums);
                assign(x, centroids, ranks, nearest, sums);                                  // E, and the sums of M
                move(centroids, sums, nearest);                                              // M
            }
            assign(x, centroids, ranks, nearest, null);                                      // E
        }
        return nearest;
    }

    /// K, K − 1, …, 1 (1, K): the largest where a maximum is marks the first maximum.
    private static Tensor ranks(Device device, int k) {
        double[] ranks = new double[k];
        for (int j = 0; j < k; j++) ranks[j] = k - j;
        return device.tensor(Shape.of(1, k), ranks);
    }

    /// Finds the nearest centroid of each row; adds the rows of each centroid to `sums`, if there are any.
    private void assign(Tensor x, Tensor centroids, Tensor ranks, int[] nearest, Tensor sums) {
        int n = x.dim(0), k = centroids.dim(0), rows = Math.max(1, scores / k);
        try (Scope scope = x.device().scope()) {
            for (int from = 0; from < n; from += rows) {
                scope.reset();
                int to = Math.min(n, from + rows);
                Tensor slice = x.rows(from, to);
                Tensor products = slice.matmulT(centroids);                                  // (n', K)
                Tensor first = products.equal(products.maximum(1)).mul(ranks).maximum(1);    // (n', 1): K − aᵢ
                double[] rank = first.doubles();
                for (int i = from; i < to; i++) nearest[i] = k - (int) rank[i - from];
                if (sums == null) continue;
                Tensor at = x.device().integers(Shape.of(to - from), Arrays.copyOfRange(nearest, from, to));
                Ops.update(UpdateOp.Assign.ACCUMULATE, sums, slice.scatter(at, k));
            }
        }
    }

    private static void move(Tensor centroids, Tensor sums, int[] nearest) {
        double[] empty = new double[centroids.dim(0)];
        Arrays.fill(empty, 1);
        for (int k : nearest) empty[k] = 0;
        try (Scope _ = sums.device().scope()) {
            Tensor stay = sums.device().tensor(Shape.of(empty.length, 1), empty);            // (K, 1)
            Tensor moved = Losses.normalize(sums).mul(stay.affine(-1, 1));
            Ops.update(UpdateOp.Assign.COPY, centroids, centroids.mul(stay).add(moved));
        }
    }
}
