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
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// VICReg: variance-invariance-covariance regularization for self-supervised learning.
/// Bardes, Ponce, LeCun, ICLR 2022, [arXiv:2105.04906](https://arxiv.org/abs/2105.04906), Eq. 6 and Algorithm 1.
///
/// The embeddings of two views should be near each other (invariance), while every feature keeps a spread of at least 1
/// over the batch (variance) and no two features say the same (covariance). Each view is kept from collapse by itself,
/// so nothing need be normalised.
///
/// Departures, all the official code's (facebookresearch/vicreg, main_vicreg.py):
/// - the variance terms of the views are averaged, where Eq. 6 adds them: half the weight;
/// - the invariance is a mean over all N · D elements, where Eq. 5 divides by N alone.
public final class VicReg implements SslMethod {

    private static final double EPSILON = 1e-4;

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("vicreg", "VICReg",
            "Bardes et al. 2022, arXiv:2105.04906", 2022, Needs.views(2), "μ (1 − √ε), 24.75 for μ = 25",
            Config.class, VicReg::new);

    /// What can be set.
    ///
    /// @param hidden     width of the expander's two hidden layers (Sec. 4.2: 8192)
    /// @param projection D, its output (Sec. 4.2: 8192)
    /// @param invariance λ ≥ 0 (Sec. 4.2: 25)
    /// @param variance   μ > 0 (Sec. 4.2: 25)
    /// @param covariance ν ≥ 0 (Sec. 4.2: 1); 0 for study only
    public record Config(int hidden, int projection, double invariance, double variance, double covariance) {

        /// Checks the ranges.
        public Config {
            Range.layers("hidden, hidden, projection, projection", hidden, hidden, projection, projection);
            Range.notNegative("invariance", invariance);
            Range.positive("variance", variance);
            Range.notNegative("covariance", covariance);
        }
    }

    /// The terms s, v and c of the last step, before their weights.
    public record Terms(@Buffer Tensor invariance, @Buffer Tensor variance, @Buffer Tensor covariance) {}

    /// f and h of the paper: y = f(x), z = h(y).
    public record Networks(Layer encoder, Mlp expander, Terms terms) {}

    private final Config config;
    private final Networks networks;

    /// An expander over the encoder of the setup.
    public VicReg(Config config, Setup setup) {
        this.config = config;
        Mlp expander = Mlp.of(setup.init().at("expander"), Mlp.Spec.of(setup.features(), config.hidden, config.hidden,
                config.projection).withHiddenBias(true).withOutputBias(false));
        this.networks = new Networks(setup.encoder(), expander,
                new Terms(setup.zeros(), setup.zeros(), setup.zeros()));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor z1 = expand(views.first(), Mode.TRAIN);                                        // Z = h(f(X))   (N, D)
        Tensor z2 = expand(views.second(), Mode.TRAIN);                                       // Z′
        Tensor s = Losses.meanSquaredError(z1, z2);                                           // s(Z, Z′), Eq. 5
        Tensor v = Losses.variance(z1, EPSILON).add(Losses.variance(z2, EPSILON)).scale(0.5); // v, Eq. 1 and 2
        Tensor c = Losses.covariance(z1).add(Losses.covariance(z2));                          // c, Eq. 3 and 4
        keep(networks.terms.invariance, s);
        keep(networks.terms.variance, v);
        keep(networks.terms.covariance, c);
        return s.scale(config.invariance).add(v.scale(config.variance)).add(c.scale(config.covariance));     // Eq. 6
    }

    private Tensor expand(Tensor x, Mode mode) {
        return networks.expander.apply(networks.encoder.apply(x, mode), mode);
    }

    private static void keep(Tensor at, Tensor term) {
        Ops.update(UpdateOp.Assign.COPY, at, term.stopGradient());
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
        return Optional.of(networks.expander);
    }

    @Override
    public Tensor embed(Tensor images) {
        return expand(images, Mode.EVAL);
    }

    /// The three terms before their weights: a variance term near 1 is collapse, near 0 none.
    @Override
    public Map<String, Double> health() {
        Map<String, Double> terms = new LinkedHashMap<>();
        terms.put("invariance", networks.terms.invariance.item());
        terms.put("variance", networks.terms.variance.item());
        terms.put("covariance", networks.terms.covariance.item());
        return terms;
    }

    /// μ (1 − √ε): the embeddings are all the same, so invariance and covariance are 0 and every spread is √ε.
    @Override
    public double chanceLevel(int images) {
        return config.variance * (1 - Math.sqrt(EPSILON));
    }
}
