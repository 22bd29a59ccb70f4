package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.BatchNorm;
import invar.nn.Buffer;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.optim.Ema;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.ProjectedEncoder;
import invar.ssl.part.Similarity;
import java.util.Map;
import java.util.Optional;

/// MoCo v3: an empirical study of training self-supervised vision transformers. Chen, Xie, He, ICCV 2021,
/// [arXiv:2104.02057](https://arxiv.org/abs/2104.02057), Algorithm 1, with a residual network as encoder.
///
/// What is predicted from one view is to be more similar to the other view's key than to the keys of the other images
/// of the batch. Keys come from a slowly moving average of the encoder; there is no queue, so batches must be large.
///
/// Departures:
/// - the heads are those of the official code for ResNet-50 (facebookresearch/moco-v3, moco/builder.py); a
///   transformer's have another layer in the projector and a batch norm at the end of the predictor;
/// - batch norm sees the whole batch, as SyncBN does in the official code, which runs on several devices.
public final class MoCoV3 implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("moco-v3", "MoCo v3",
            "Chen, Xie, He 2021, arXiv:2104.02057", 2021, Needs.views(2).withMomentum(), "4τ ln N",
            Config.class, MoCoV3::new);

    /// What can be set.
    ///
    /// @param hidden      width of the hidden layer of projector and predictor (Sec. 4: 4096)
    /// @param projection  D, the number of features the loss compares (Sec. 4: 256)
    /// @param momentum    m from 0 to 1 at the start, from where it rises to 1 along half a cosine (CONFIG.md: 0.99 for
    ///                    100 and 300 epochs, 0.996 for 1000)
    /// @param temperature τ > 0 (builder.py: 1; ViT in CONFIG.md, and solo-learn's CIFAR-10 settings: 0.2)
    public record Config(int hidden, int projection, double momentum, double temperature) {

        /// Checks the ranges.
        public Config {
            Range.layers("hidden, projection", hidden, projection);
            Range.fraction("momentum", momentum);
            Range.temperature("temperature", temperature);
        }
    }

    /// f_q = predictor(query(x)) and f_k = key(x) of the paper; the key is not trained.
    public record Networks(ProjectedEncoder query, Mlp predictor, @Buffer ProjectedEncoder key,
            @Buffer Similarity similarity) {}

    private final Config config;
    private final Networks nets;
    private final Schedule momentum;
    private Tensor q1, k2;                                                    // of this step

    /// A projector and a predictor over the encoder of the setup, and a copy of encoder and projector.
    public MoCoV3(Config config, Setup setup) {
        ProjectedEncoder query = ProjectedEncoder.of(setup, Mlp.Spec
                .of(setup.features(), config.hidden, config.projection).withOutputBias(false)
                .withOutputNorm(BatchNorm.Affine.NONE));
        Mlp predictor = Mlp.of(setup.init().at("predictor"), Mlp.Spec
                .of(config.projection, config.hidden, config.projection).withOutputBias(false));
        this.config = config;
        this.nets = new Networks(query, predictor, Modules.copyOf(query), Similarity.of(setup));
        this.momentum = Schedule.cosine(config.momentum, 1, setup.totalSteps());
    }

    @Override
    public void beforeStep(Step step) {
        Ema.update(nets.key, nets.query, step.value(momentum));               // f_k = m f_k + (1 − m) f_q
    }

    @Override
    public Tensor loss(Views views, Step step) {
        q1 = query(views.first());                                            // q₁ = f_q(x₁)                   (N, D)
        Tensor q2 = query(views.second());                                    // q₂ = f_q(x₂)                   (N, D)
        Tensor k1 = key(views.first());                                       // k₁ = f_k(x₁), no gradient      (N, D)
        k2 = key(views.second());                                             // k₂ = f_k(x₂), no gradient      (N, D)
        return contrast(q1, k2).add(contrast(q2, k1));                        // ctr(q₁, k₂) + ctr(q₂, k₁)
    }

    private Tensor query(Tensor x) {
        return Losses.normalize(nets.predictor.apply(nets.query.apply(x, Mode.TRAIN), Mode.TRAIN));
    }

    private Tensor key(Tensor x) {
        return Losses.normalize(nets.key.apply(x, Mode.TRAIN)).stopGradient();
    }

    /// 2τ · cross entropy of q kᵀ / τ with row i belonging to column i.
    private Tensor contrast(Tensor q, Tensor k) {
        return Losses.matching(q.matmulT(k).scale(1 / config.temperature)).scale(2 * config.temperature);
    }

    @Override
    public void afterUpdate(Step step) {
        nets.similarity.take(q1, k2);
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(nets);
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(nets);
    }

    @Override
    public Layer encoder() {
        return nets.query.encoder();
    }

    @Override
    public Optional<Mlp> head() {
        return Optional.of(nets.query.projector());
    }

    @Override
    public Tensor embed(Tensor images) {
        return nets.query.apply(images, Mode.EVAL);
    }

    @Override
    public Map<String, Double> health() {
        return nets.similarity.health();
    }

    /// 4τ ln N: in both directions, all N keys equally similar.
    @Override
    public double chanceLevel(int images) {
        return 4 * config.temperature * Math.log(images);
    }
}
