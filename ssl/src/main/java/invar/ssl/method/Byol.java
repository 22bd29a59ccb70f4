package invar.ssl.method;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.optim.Ema;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import java.util.Map;
import java.util.Optional;

/// BYOL: bootstrap your own latent, a new approach to self-supervised learning.
/// Grill, Strub, Altché, Tallec, Richemond et al., NeurIPS 2020, [arXiv:2006.07733](https://arxiv.org/abs/2006.07733),
/// Eq. 2 and Algorithm 1.
///
/// The online network predicts, from one view, what a target network makes of the other. The target is a moving average
/// of the online network and has no predictor; there are no negatives.
///
/// Departures:
/// - the target starts as a copy of the online network; the official code (google-deepmind/deepmind-research, byol)
///   draws it anew and reports no difference;
/// - the linear classifier that the official code trains along, with a stopped gradient, is left to the evaluation;
/// - linear layers start as PyTorch's do, those of the official code from a truncated normal;
/// - norms are floored at 1e-12, the official code floors their squares there: the same but for rows shorter than 1e-6.
public final class Byol implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("byol", "BYOL",
            "Grill et al. 2020, arXiv:2006.07733", 2020, Needs.views(2).withMomentum(), "4 (two right angles)",
            Config.class, Byol::new);

    /// What can be set.
    ///
    /// @param hidden     width of the hidden layer of projector and predictor (Sec. 3.3: 4096)
    /// @param projection D, their output (Sec. 3.3: 256)
    /// @param targetDecay τ at the first step, 0 to 1, from where it goes to 1 along half a cosine (Sec. 3.3: 0.996;
    ///                   0.99 for 300 epochs and fewer: configs/byol.py)
    /// @param predictor  true; false for study only: without q training collapses (Table 5b)
    public record Config(int hidden, int projection, double targetDecay, boolean predictor) {

        /// Checks the ranges.
        public Config {
            Range.layers("hidden, projection", hidden, projection);
            Range.fraction("targetDecay", targetDecay);
        }
    }

    /// f and g of the paper: y = f(x), z = g(y).
    public record Branch(Layer encoder, Mlp projector) {

        Tensor project(Tensor x, Mode mode) {
            return projector.apply(encoder.apply(x, mode), mode);
        }
    }

    /// Online and target network, the predictor q of the online one, and the mean cosine of the last step's positives.
    public record Networks(Branch online, Optional<Mlp> predictor, Branch target, @Buffer Tensor similarity) {}

    private final Networks networks;
    private final Schedule decay;                                     // τ

    /// Projector and predictor over the encoder of the setup, and a target that is a copy.
    public Byol(Config config, Setup setup) {
        Mlp projector = mlp(config, setup, "projector", setup.features());
        Branch online = new Branch(setup.encoder(), projector);
        Optional<Mlp> predictor = config.predictor
                ? Optional.of(mlp(config, setup, "predictor", config.projection)) : Optional.empty();
        this.networks = new Networks(online, predictor, Modules.copyOf(online), setup.zeros());
        this.decay = Schedule.cosine(config.targetDecay, 1, setup.totalSteps());
    }

    /// Linear with bias, batch norm, ReLU, linear without (byol/utils/networks.py).
    private static Mlp mlp(Config config, Setup setup, String name, int in) {
        return Mlp.of(setup.init().at(name), Mlp.Spec.of(in, config.hidden, config.projection).withHiddenBias(true)
                .withOutputBias(false));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor v1 = views.first(), v2 = views.second();               // v = t(x), v′ = t′(x)
        Tensor q1 = predict(networks.online.project(v1, Mode.TRAIN)); // q_θ(z_θ)
        Tensor q2 = predict(networks.online.project(v2, Mode.TRAIN));
        Tensor z1 = networks.target.project(v1, Mode.TRAIN).stopGradient();
        Tensor z2 = networks.target.project(v2, Mode.TRAIN).stopGradient();                   // sg(z′_ξ)
        Tensor loss = Losses.regression(q1, z2).add(Losses.regression(q2, z1));               // L + L̃, Eq. 2
        Ops.update(UpdateOp.Assign.COPY, networks.similarity, loss.stopGradient().affine(-0.25, 1));
        return loss;
    }

    private Tensor predict(Tensor z) {
        return networks.predictor.isPresent() ? networks.predictor.get().apply(z, Mode.TRAIN) : z;
    }

    /// ξ ← τ ξ + (1 − τ) θ, with the θ that the optimizer has just made.
    @Override
    public void afterUpdate(Step step) {
        Ema.update(networks.target, networks.online, step.value(decay));
    }

    @Override
    public Map<String, Tensor> parameters() {
        return ParameterGroup.choose(Modules.parameters(networks), (name, tensor) -> !name.startsWith("target."));
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(networks);
    }

    @Override
    public Layer encoder() {
        return networks.online.encoder;
    }

    @Override
    public Optional<Mlp> head() {
        return Optional.of(networks.online.projector);
    }

    @Override
    public Tensor embed(Tensor images) {
        return networks.online.project(images, Mode.EVAL);
    }

    /// The mean cosine of prediction and target: 1 within the first epochs is a sign of collapse.
    @Override
    public Map<String, Double> health() {
        return Map.of("positive similarity", networks.similarity.item());
    }

    /// 4: predictions at right angles to their targets, 2 for each direction. A collapsed network is at 0.
    @Override
    public double chanceLevel(int images) {
        return 4;
    }
}
