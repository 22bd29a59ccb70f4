package invar.ssl.method;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Barlow Twins: self-supervised learning via redundancy reduction.
/// Zbontar, Jing, Misra, LeCun, Deny, ICML 2021, [arXiv:2103.03230](https://arxiv.org/abs/2103.03230), Eq. 1 and
/// Algorithm 1.
///
/// Each feature should be the same in both views of an image, and tell something that no other feature tells: the
/// cross-correlation of the two views' features over the batch should be the identity.
///
/// Departures:
/// - λ is the paper's 5e-3; the official code (facebookresearch/barlowtwins, main.py) has 0.0051;
/// - the ε = 1e-5 in the variances is that of the official code's batch norm; the paper has none;
/// - `scale`, which the paper does not have, is that of an early release of the official code, about 1/32, and of
///   solo-learn.
public final class BarlowTwins implements SslMethod {

    private static final double EPSILON = 1e-5;

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("barlow", "Barlow Twins",
            "Zbontar et al. 2021, arXiv:2103.03230", 2021, Needs.views(2), "s (D + λ D (D − 1)/N)",
            Config.class, BarlowTwins::new);

    /// What can be set.
    ///
    /// @param hidden     width of the projector's two hidden layers (Sec. 2.2: 8192)
    /// @param projection D, its output (Sec. 2.2: 8192; more features than the representation has do better, Fig. 4)
    /// @param lambda     λ ≥ 0, the weight of the off-diagonal entries (Sec. 2.2: 5e-3); 0 for study only: then
    ///                   features repeat each other (Sec. 4, loss function ablations)
    /// @param scale      s > 0, a factor of the whole loss. With LARS it matters next to the weight decay alone, with
    ///                   SGD it is a factor of the learning rate
    /// @param biasRate   > 0, the learning rate of biases and batch norms as a multiple of that of the weights (Sec.
    ///                   2.2: 0.0048/0.2)
    public record Config(int hidden, int projection, double lambda, double scale, double biasRate) {

        /// Checks the ranges.
        public Config {
            Range.layers("hidden, hidden, projection, projection", hidden, hidden, projection, projection);
            Range.notNegative("lambda", lambda);
            Range.positive("scale", scale);
            Range.positive("biasRate", biasRate);
        }
    }

    /// The two parts of the paper's f, and the mean of C's diagonal in the last step.
    public record Networks(Layer encoder, Mlp projector, @Buffer Tensor diagonal) {}

    private final Config config;
    private final Networks networks;

    /// A projector without biases over the encoder of the setup.
    public BarlowTwins(Config config, Setup setup) {
        this.config = config;
        Mlp projector = Mlp.of(setup.init().at("projector"), Mlp.Spec.of(setup.features(), config.hidden, config.hidden,
                config.projection).withOutputBias(false));
        this.networks = new Networks(setup.encoder(), projector, setup.zeros());
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor zA = project(views.first(), Mode.TRAIN);                     // Z^A = f(Y^A)     (N, D)
        Tensor zB = project(views.second(), Mode.TRAIN);                    // Z^B = f(Y^B)     (N, D)
        Ops.update(UpdateOp.Assign.COPY, networks.diagonal, diagonal(zA.stopGradient(), zB.stopGradient()));
        return Losses.barlowTwins(zA, zB, config.lambda, EPSILON).scale(config.scale);        // Eq. 1 with Eq. 2
    }

    private Tensor project(Tensor x, Mode mode) {
        return networks.projector.apply(networks.encoder.apply(x, mode), mode);
    }

    /// The mean of Cᵢᵢ, without the rest of C.
    private static Tensor diagonal(Tensor a, Tensor b) {
        Tensor x = a.sub(a.mean(0)), y = b.sub(b.mean(0));                  // (N, D)
        Tensor varX = x.square().mean(0).plus(EPSILON), varY = y.square().mean(0).plus(EPSILON);
        return x.mul(y).mean(0).div(varX.mul(varY).sqrt()).mean();
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    /// Weights; then biases and batch norms, all that have one axis, as in the official code.
    @Override
    public List<ParameterGroup> groups() {
        return List.of(
                ParameterGroup.of(ParameterGroup.choose(parameters(), (name, p) -> p.shape().rank() > 1)),
                ParameterGroup.of(ParameterGroup.choose(parameters(), (name, p) -> p.shape().rank() == 1))
                        .times(config.biasRate));
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
        return project(images, Mode.EVAL);
    }

    /// The mean of C's diagonal: 1 where all features agree between the views, 0 where they do not or are constant.
    @Override
    public Map<String, Double> health() {
        return Map.of("mean diagonal", networks.diagonal.item());
    }

    /// s (D + λ D (D − 1)/N): the views are uncorrelated, so Cᵢⱼ² is 1/N by chance, and 1 − Cᵢᵢ about 1.
    @Override
    public double chanceLevel(int images) {
        double d = config.projection;
        return config.scale * (d + config.lambda * d * (d - 1) / images);
    }
}
