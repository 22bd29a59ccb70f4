package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import java.util.Map;
import java.util.Optional;

/// SimCLR: a simple framework for contrastive learning of visual representations.
/// Chen, Kornblith, Norouzi, Hinton, ICML 2020, [arXiv:2002.05709](https://arxiv.org/abs/2002.05709), Algorithm 1.
///
/// Two augmented views of one image should have similar projections, and dissimilar ones to all other images of the
/// batch. What is kept is the representation before the projection head.
///
/// Departures:
/// - rows i and i + N are a pair, not 2k − 1 and 2k as in Algorithm 1; the loss is the same;
/// - the official code (google-research/simclr, objective.py) adds the means of the two views where the paper takes the
///   mean over all 2N rows: exactly twice this loss;
/// - the views are concatenated into one pass, as in the official code, so batch norm sees both.
public final class SimClr implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("simclr", "SimCLR",
            "Chen et al. 2020, arXiv:2002.05709", 2020, Needs.views(2), "ln(2N − 1)", Config.class, SimClr::new);

    /// What can be set.
    ///
    /// @param hidden width of the projection head's hidden layer (Sec. 4.2: that of the representation, 2048)
    /// @param projection D, the number of features the loss compares (Sec. 2.1: 128)
    /// @param temperature τ > 0 (Table 5: 0.1 is best for 2048-wide representations trained long; 0.5 on CIFAR-10, B.9)
    public record Config(int hidden, int projection, double temperature) {

        /// Checks the ranges.
        public Config {
            Range.layers("hidden, projection", hidden, projection);
            Range.temperature("temperature", temperature);
        }
    }

    /// f and g of the paper: h = f(x), z = g(h).
    public record Networks(Layer encoder, Mlp projector) {}

    private final Config config;
    private final Networks networks;

    /// A projection head over the encoder of the setup.
    public SimClr(Config config, Setup setup) {
        this.config = config;
        this.networks = new Networks(setup.encoder(), Mlp.simClr(setup.init().at("projector"), setup.features(),
                config.hidden, config.projection));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor x = views.first().concat(0, views.second());           // (2N, 3, H, W)
        Tensor h = networks.encoder.apply(x, Mode.TRAIN);             // hᵢ = f(x̃ᵢ)     representation, kept
        Tensor z = networks.projector.apply(h, Mode.TRAIN);           // zᵢ = g(hᵢ)     projection, thrown away
        return Losses.ntXent(z, config.temperature);                  // Eq. 1, mean over the 2N rows
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
        return networks.projector.apply(networks.encoder.apply(images, Mode.EVAL), Mode.EVAL);
    }

    /// ln(2N − 1): all 2N − 1 candidates equally similar.
    @Override
    public double chanceLevel(int images) {
        return Math.log(2.0 * images - 1);
    }
}
