package invar.ssl.part;

import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.Buffer;
import invar.ssl.Setup;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// The clusters of an epoch, found in the features of the epoch before: DeepCluster-v2's `cluster_memory` (Caron et al.
/// 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), official main_deepclusterv2.py). Several heads cluster
/// from other beginnings, and take the memories of the views in turn.
///
/// @param kMeans    makes the clusters
/// @param centroids for each head C (K, D), persistent, rows of unit length once there are clusters
/// @param labels    for each head, the cluster of each image
/// @param memory    the features of this epoch
/// @param agreement (heads), persistent: the mutual information of the last two clusterings, −1 where there is none
public record EpochClusters(SphericalKMeans kMeans, @Buffer List<Tensor> centroids,
        @Buffer List<ClusterLabels> labels, @Buffer EpochMemory memory, @Buffer Tensor agreement) {

    /// No clusters yet, and an empty memory for the two global views.
    ///
    /// @param heads      how many clusterings
    /// @param prototypes K, clusters of each
    /// @param width      D
    /// @throws invar.ssl.UserError if K is more than the images that come in an epoch
    public static EpochClusters of(Setup setup, SphericalKMeans kMeans, int heads, int prototypes, int width) {
        int rows = EpochMemory.rows(setup);
        Setup.require(prototypes <= rows, "The setting prototypes is " + prototypes + ", but it must be at most the "
                + "number of training images in the whole batches of an epoch, which is " + rows + ".");
        List<Tensor> centroids = IntStream.range(0, heads).mapToObj(h -> setup.zeros(prototypes, width)).toList();
        List<ClusterLabels> labels = centroids.stream()
                .map(c -> ClusterLabels.of(c.device(), setup.images(), prototypes)).toList();
        Tensor agreement = setup.zeros(heads);
        agreement.upload(IntStream.range(0, heads).mapToDouble(h -> -1).toArray());
        return new EpochClusters(kMeans, centroids, labels, EpochMemory.of(setup, 2, width), agreement);
    }

    /// Clusters what is remembered, and forgets it. Images that are not remembered lose their label.
    ///
    /// @param random for each head, from which the images are drawn where its centroids begin
    public void renew(IntFunction<Philox> random) {
        int[] images = memory.images(), byImage = memory.byImage();
        double[] nmi = new double[centroids.size()];
        for (int h = 0; h < nmi.length; h++) {
            Tensor c = centroids.get(h);
            int[] order = random.apply(h).permutation(byImage.length);
            int[] start = IntStream.range(0, c.dim(0)).map(k -> byImage[order[k]]).toArray();
            int[] found = kMeans.fit(memory.rows(h % memory.features().size()), start, c);
            int[] before = labels.get(h).all();
            labels.get(h).replace(images, found);
            double agreed = MutualInformation.normalized(before, labels.get(h).all());
            nmi[h] = Double.isNaN(agreed) ? -1 : agreed;
        }
        agreement.upload(nmi);
        memory.clear();
    }

    /// The mean cross entropy of a head's labels; logits = z Cᵀ / τ, C a constant.
    ///
    /// @param z           (V · N, D), rows of unit length, the views one after the other
    /// @param index       (N), I32: which images they are
    /// @param temperature τ > 0
    public Tensor loss(int head, Tensor z, Tensor index, double temperature) {
        Tensor logits = z.matmulT(centroids.get(head).stopGradient()).scale(1 / temperature);         // (V N, K)
        return labels.get(head).crossEntropy(logits, index);
    }

    /// The share of the prototypes that some image is assigned to, and how much the clusters agree with the former,
    /// NaN before the second clustering; means over the heads. Waits for the device.
    public Map<String, Double> health() {
        Map<String, Double> health = new LinkedHashMap<>();
        health.put("prototypes in use", labels.stream().mapToDouble(ClusterLabels::share).average().orElseThrow());
        double nmi = Arrays.stream(agreement.doubles()).average().orElseThrow();
        health.put("NMI with the last epoch's clusters", nmi >= 0 ? nmi : Double.NaN);
        return health;
    }
}
