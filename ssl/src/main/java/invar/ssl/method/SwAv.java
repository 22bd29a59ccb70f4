package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.Codes;
import invar.ssl.part.MultiCrop;
import invar.ssl.part.Prototypes;
import invar.ssl.part.Sinkhorn;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// SwAV: unsupervised learning of visual features by contrasting cluster assignments. Caron, Misra, Mairal, Goyal,
/// Bojanowski, Joulin, NeurIPS 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Eq. 2 and 3, Algorithm 1.
///
/// Each view should predict to which prototypes another view of the image was assigned, where the images of a batch are
/// spread equally over the prototypes, so that one prototype for all is no solution.
///
/// Departures from the official code (facebookresearch/swav, main_swav.py), which change no number:
/// - a queue is a ring, and its length a multiple of the batch; there rows are shifted, and the length rounded down;
/// - a batch enters the queue after the step, not between its scores and its codes.
public final class SwAv implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("swav", "SwAV",
            "Caron et al. 2020, arXiv:2006.09882", 2020,
            Needs.views(2).withLocal().with("prototypes").with("queue"), "ln K",
            Config.class, SwAv::new);

    /// What can be set.
    ///
    /// @param hidden       width of the projection head's hidden layer (App. A: 2048)
    /// @param projection   D, the number of features (App. A: 128)
    /// @param prototypes   K (App. A: 3000)
    /// @param temperature  τ > 0 (App. A: 0.1)
    /// @param epsilon      ε ≥ 1e-6 of the assignment (App. A: 0.05; official README: 0.03 if the loss stays at ln K)
    /// @param iterations   of the assignment, 1 to 1000 (Sec. 3.1: 3)
    /// @param frozenEpochs epochs in which the prototypes are not trained (App. A: 1)
    /// @param queue        L, features of former batches that are assigned with the batch, for each view; a multiple
    ///                     of the batch; 0 for none, as with large batches (Sec. 3.1; App. A: 3840 for batches of 256)
    /// @param queueFrom    the first epoch, from 0, whose batches enter the queue (App. A: 15)
    public record Config(int hidden, int projection, int prototypes, double temperature, double epsilon,
            int iterations, int frozenEpochs, int queue, int queueFrom) {

        /// Checks the ranges.
        public Config {
            Range.classes("prototypes", prototypes);
            Range.layers("hidden, projection, prototypes", hidden, projection, prototypes);
            Range.temperature("temperature", temperature);
            Range.temperature("epsilon", epsilon);
            Range.count("iterations", iterations, 1);
            Range.atLeast("frozenEpochs", frozenEpochs, 0);
            Range.atLeast("queue", queue, 0);
            Range.atLeast("queueFrom", queueFrom, 0);
        }
    }

    /// f_θ and its projection head, C, and what makes the codes.
    public record Networks(Layer encoder, Mlp projector, Prototypes prototypes, Codes codes) {}

    private final Config config;
    private final Networks networks;
    private final long frozen;                                   // steps
    private List<Tensor> z, q;                                   // of the global views, from loss to afterUpdate

    /// A projection head and prototypes over the encoder of the setup.
    public SwAv(Config config, Setup setup) {
        int width = config.projection, k = config.prototypes;
        this.config = config;
        this.frozen = config.frozenEpochs * setup.stepsPerEpoch();
        this.networks = new Networks(setup.encoder(), Mlp.of(setup.init().at("projector"),
                Mlp.Spec.of(setup.features(), config.hidden, width).withHiddenBias(true)),
                Prototypes.of(setup, width, k), Codes.of(setup,
                        new Sinkhorn(config.epsilon, config.iterations), k, width, config.queue, config.queueFrom));
    }

    @Override
    public void beforeStep(Step step) {
        networks.codes.beforeStep(step);
        networks.prototypes.normalize();                              // C           rows of unit length
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor all = MultiCrop.embeddings(networks.encoder, networks.projector, MultiCrop.crops(views), Mode.TRAIN);
        List<Tensor> zs = MultiCrop.split(all, views.images());       // zᵥ (N, D)   of every crop v
        List<Tensor> s = zs.stream().map(networks.prototypes::scores).toList();             // zᵥ Cᵀ (N, K)
        z = zs.subList(0, views.global().size());
        q = networks.codes.assign(s.subList(0, z.size()), networks.prototypes, step);       // q, Eq. 3: constants
        return Losses.acrossViews(s.stream().map(x -> x.scale(1 / config.temperature)).toList(), q);         // L, Eq. 2
    }

    @Override
    public void afterUpdate(Step step) {
        networks.codes.update(z, q, step);
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    @Override
    public List<ParameterGroup> groups() {
        return networks.prototypes.groups(parameters(), frozen);
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
        return MultiCrop.embeddings(networks.encoder, networks.projector, List.of(images), Mode.EVAL);
    }

    @Override
    public Map<String, Double> health() {
        return Map.of("prototypes in use", networks.codes.share());
    }

    /// ln K: all prototypes equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log(config.prototypes);
    }
}
