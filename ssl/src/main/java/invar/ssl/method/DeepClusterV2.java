package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.EpochClusters;
import invar.ssl.part.MultiCrop;
import invar.ssl.part.SphericalKMeans;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// DeepCluster-v2: deep clustering (Caron, Bojanowski, Joulin, Douze, ECCV 2018,
/// [arXiv:1807.05520](https://arxiv.org/abs/1807.05520)) with SwAV's network, in Caron, Misra, Mairal, Goyal,
/// Bojanowski, Joulin, NeurIPS 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 4 and appendix.
///
/// Before every epoch the features of the last one are clustered; in the epoch the network learns to tell to which
/// cluster an image belongs, whatever the view.
///
/// Departures from the official code (facebookresearch/swav, main_deepclusterv2.py):
/// - centroids are constants; there they are parameters that stay frozen for longer than training takes;
/// - the images where centroids begin are drawn from this program's random numbers.
public final class DeepClusterV2 implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("deepcluster-v2", "DeepCluster-v2",
            "Caron et al. 2020, arXiv:2006.09882", 2020,
            Needs.views(2).withLocal().with("prototypes").with("features of the last epoch"), "ln K",
            Config.class, DeepClusterV2::new);

    /// What can be set; in brackets main_deepclusterv2.py and scripts/deepclusterv2_800ep_pretrain.sh.
    ///
    /// @param hidden      width of the projection head's hidden layer (2048)
    /// @param projection  D, the number of features (128)
    /// @param prototypes  K, clusters of each head (3000)
    /// @param heads       1 to 1000 clusterings, each from another start; they take the two views' memories in turn (3)
    /// @param temperature τ > 0 (0.1)
    /// @param iterations  of k-means, 1 to 1000 (10)
    public record Config(int hidden, int projection, int prototypes, int heads, double temperature, int iterations) {

        /// Checks the ranges.
        public Config {
            Range.classes("prototypes", prototypes);
            Range.layers("hidden, projection, prototypes", hidden, projection, prototypes);
            Range.count("heads", heads, 1);
            Range.temperature("temperature", temperature);
            Range.count("iterations", iterations, 1);
        }
    }

    /// f_θ and its projection head, the clusters of this epoch, and the memory for those of the next.
    public record Networks(Layer encoder, Mlp projector, EpochClusters clusters) {}

    private final Config config;
    private final Networks networks;
    private List<Tensor> z;                                      // of the global views, from loss to afterUpdate
    private Tensor index;                                        // whose they are

    /// A projection head over the encoder of the setup, and clusters to be found.
    public DeepClusterV2(Config config, Setup setup) {
        this.config = config;
        this.networks = new Networks(setup.encoder(), Mlp.of(setup.init().at("projector"),
                Mlp.Spec.of(setup.features(), config.hidden, config.projection).withHiddenBias(true)),
                EpochClusters.of(setup, new SphericalKMeans(config.iterations), config.heads, config.prototypes,
                        config.projection));
    }

    @Override
    public boolean observesFirst() {
        return true;
    }

    /// One pass for each view, with the statistics of its batch, as in the official code (`init_memory`).
    @Override
    public void observe(Views views, Step step) {
        networks.clusters.memory().add(views.global().stream()
                .map(view -> embeddings(List.of(view), Mode.TRAIN)).toList(), views.index().orElseThrow());
    }

    @Override
    public void beforeEpoch(long epoch, Step step) {
        networks.clusters.renew(head -> step.random("centroids of head " + head));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor all = embeddings(MultiCrop.crops(views), Mode.TRAIN);  // zᵥ          of every crop v, (V N, D)
        z = MultiCrop.split(all, views.images()).subList(0, views.global().size());
        index = views.index().orElseThrow();
        Tensor sum = networks.clusters.loss(0, all, index, config.temperature);
        for (int head = 1; head < config.heads; head++) {             // −log softmax(zᵥ Cᵀ / τ)_y, y the cluster
            sum = sum.add(networks.clusters.loss(head, all, index, config.temperature));
        }
        return sum.scale(1.0 / config.heads);                         // L           mean over heads, crops and images
    }

    private Tensor embeddings(List<Tensor> crops, Mode mode) {
        return MultiCrop.embeddings(networks.encoder, networks.projector, crops, mode);
    }

    @Override
    public void afterUpdate(Step step) {
        networks.clusters.memory().add(z, index);                     // what the next epoch's clusters are made of
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(networks);
    }

    @Override
    public Layer encoder() {
        return networks.encoder;
    }

    @Override
    public Optional<Mlp> head() {
        return Optional.of(networks.projector);
    }

    @Override
    public Tensor embed(Tensor images) {
        return embeddings(List.of(images), Mode.EVAL);
    }

    @Override
    public Map<String, Double> health() {
        return networks.clusters.health();
    }

    /// ln K: all prototypes equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log(config.prototypes);
    }
}
