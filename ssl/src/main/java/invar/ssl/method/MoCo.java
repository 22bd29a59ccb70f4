package invar.ssl.method;

import invar.core.Tensor;
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
import invar.ssl.part.BatchShuffle;
import invar.ssl.part.FeatureQueue;
import invar.ssl.part.ProjectedEncoder;
import invar.ssl.part.QueueHealth;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// MoCo: momentum contrast for unsupervised visual representation learning. He, Fan, Wu, Xie, Girshick, CVPR 2020,
/// [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Algorithm 1; v2, which has a head of two layers: Chen, Fan,
/// Girshick, He 2020, [arXiv:2003.04297](https://arxiv.org/abs/2003.04297).
///
/// The query of one view is to find the key of the other view among the keys of earlier batches, which a queue holds.
/// Keys come from a slowly moving average of the encoder, so that old and new ones can be compared.
///
/// Departures:
/// - what several devices do to batch norm, `encoder.norm: split8` does on one; without it, shuffling has no effect;
/// - `symmetric`, from the official CIFAR-10 demo, adds both directions; lightly and solo-learn take their mean.
public final class MoCo implements SslMethod {

    static final Methods.Entry<Config> V1 = new Methods.Entry<>("moco-v1", "MoCo v1",
            "He et al. 2020, arXiv:1911.05722", 2020, Needs.views(2).withMomentum().with("queue"), "ln(K + 1)",
            Config.class, MoCo::new);
    static final Methods.Entry<Config> V2 = new Methods.Entry<>("moco-v2", "MoCo v2",
            "Chen et al. 2020, arXiv:2003.04297", 2020, Needs.views(2).withMomentum().with("queue"), "ln(K + 1)",
            Config.class, MoCo::new);

    /// What can be set.
    ///
    /// @param hidden      width of the head's hidden layer (builder.py, `mlp`: that of h); 0: a linear head, as in v1
    /// @param projection  D, the number of features the loss compares (v1, Sec. 3.3: 128)
    /// @param queue       K, the number of keys that are kept (main_moco.py: 65536; demo: 4096)
    /// @param momentum    m from 0 to 1, the decay of the key encoder (v1, Sec. 4.1: 0.999; demo: 0.99)
    /// @param temperature τ > 0 (v1, Sec. 3.3: 0.07; v2, Table 1: 0.2; demo: 0.1)
    /// @param symmetric   whether each view is query and key (demo); this doubles the chance level
    /// @param shuffle     whether the key encoder sees the batch in another order (v1, Sec. 3.3)
    public record Config(int hidden, int projection, int queue, double momentum, double temperature, boolean symmetric,
            boolean shuffle) {

        /// Checks the ranges.
        public Config {
            Range.width("projection", projection);
            if (hidden != 0) Range.layers("hidden, projection", hidden, projection);
            Range.atLeast("queue", queue, 1);
            Range.fraction("momentum", momentum);
            Range.temperature("temperature", temperature);
        }
    }

    /// f_q, f_k and the keys of the last K images; f_q alone is trained.
    public record Networks(ProjectedEncoder query, @Buffer ProjectedEncoder key, @Buffer FeatureQueue queue,
            @Buffer QueueHealth health) {}

    private final Config config;
    private final Networks nets;
    private final Schedule momentum;
    private final List<BatchShuffle> shuffles;                                // of each direction
    private Tensor q, k;                                                      // of this step

    /// A head over the encoder of the setup, a copy of both, and a queue.
    public MoCo(Config config, Setup setup) {
        Mlp.Spec head = config.hidden == 0 ? Mlp.Spec.of(setup.features(), config.projection)
                : Mlp.Spec.of(setup.features(), config.hidden, config.projection).withHiddenBias(true);
        ProjectedEncoder query = ProjectedEncoder.of(setup, head.withoutHiddenNorm());
        this.config = config;
        this.nets = new Networks(query, Modules.copyOf(query), FeatureQueue.of(setup, config.queue, config.projection,
                config.symmetric ? 2 * setup.batch() : setup.batch()), QueueHealth.of(setup));
        this.momentum = Schedule.constant(config.momentum);
        this.shuffles = List.of(BatchShuffle.of(setup), BatchShuffle.of(setup));
    }

    @Override
    public void beforeStep(Step step) {
        Ema.update(nets.key, nets.query, step.value(momentum));               // θ_k ← m θ_k + (1 − m) θ_q      Eq. 2
        for (int i = 0; i < 2 && config.shuffle; i++) shuffles.get(i).draw(step.random("shuffle " + i));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor zq = nets.query.apply(views.first(), Mode.TRAIN), zk = shuffles.get(0).through(nets.key, views.second());
        if (config.symmetric) {
            zq = zq.concat(0, nets.query.apply(views.second(), Mode.TRAIN));                                // (2N, D)
            zk = zk.concat(0, shuffles.get(1).through(nets.key, views.first()));                            // (2N, D)
        }
        q = Losses.normalize(zq);                                             // q = f_q(x_q)
        k = Losses.normalize(zk.stopGradient());                              // k₊ = f_k(x_k)
        return Losses.infoNce(q, k, nets.queue.rows(), config.temperature).scale(config.symmetric ? 2 : 1);  // L_q
    }

    @Override
    public void afterUpdate(Step step) {
        nets.health.take(q, k, nets.queue);
        nets.queue.enqueue(k);                                                // enqueue(queue, k), dequeue(queue)
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
        return Losses.normalize(nets.query.apply(images, Mode.EVAL));
    }

    @Override
    public Map<String, Double> health() {
        return nets.health.health();
    }

    /// ln(K + 1), for each direction: the right key and K others, all equally similar.
    @Override
    public double chanceLevel(int images) {
        return (config.symmetric ? 2 : 1) * Math.log(config.queue + 1.0);
    }
}
