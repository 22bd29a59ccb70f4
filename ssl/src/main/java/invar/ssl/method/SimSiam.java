package invar.ssl.method;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.BatchNorm;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/// SimSiam: exploring simple Siamese representation learning.
/// Chen, He, CVPR 2021, [arXiv:2011.10566](https://arxiv.org/abs/2011.10566), Eq. 4 and Algorithm 1.
///
/// Both views go through one network; a predictor maps each projection to the other, which is taken as a constant.
/// That stopped gradient is all that keeps the network from answering everything alike.
///
/// Departures:
/// - the last linear layer of the projector has no bias. That of the official code (facebookresearch/simsiam,
///   builder.py) is never trained and subtracted by the batch norm that follows, with the same result;
/// - the official code steps the learning rate once an epoch, this program in every step.
public final class SimSiam implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("simsiam", "SimSiam",
            "Chen, He 2021, arXiv:2011.10566", 2021, Needs.views(2), "0 (a right angle)",
            Config.class, SimSiam::new);

    /// What can be set.
    ///
    /// @param layers     of the projector, 1 to 1000 (Sec. 3: 3; 2 on CIFAR-10, App. D)
    /// @param hidden     width of its hidden layers (Sec. 3: 2048)
    /// @param projection D, its output and that of the predictor (Sec. 3: 2048)
    /// @param bottleneck width of the predictor's hidden layer (Sec. 3: 512, a quarter of D)
    /// @param fixedRate  whether the predictor's learning rate stays at its highest value (Table 1c, used from there
    ///                   on; `--fix-pred-lr`)
    /// @param stopGradient true; false for study only: without sg(·) training collapses (Sec. 4.1, Fig. 2)
    public record Config(int layers, int hidden, int projection, int bottleneck, boolean fixedRate,
            boolean stopGradient) {

        /// Checks the ranges.
        public Config {
            Range.count("layers", layers, 1);
            Range.layers("hidden, projection, bottleneck", hidden, projection, bottleneck);
            if (layers > 2) Range.product("hidden × hidden", hidden, hidden);
        }
    }

    /// The parts of f, backbone and projection MLP, and h, the prediction MLP; and the mean cosine of the last step's
    /// positives.
    public record Networks(Layer encoder, Mlp projector, Mlp predictor, @Buffer Tensor similarity) {}

    private final Config config;
    private final Networks networks;

    /// Projector and predictor over the encoder of the setup.
    public SimSiam(Config config, Setup setup) {
        this.config = config;
        List<Integer> widths = new ArrayList<>(Collections.nCopies(config.layers - 1, config.hidden));
        widths.addFirst(setup.features());
        widths.addLast(config.projection);
        Mlp projector = Mlp.of(setup.init().at("projector"), Mlp.Spec.of(widths.toArray(Integer[]::new))
                .withOutputBias(false).withOutputNorm(BatchNorm.Affine.NONE));
        Mlp predictor = Mlp.of(setup.init().at("predictor"),
                Mlp.Spec.of(config.projection, config.bottleneck, config.projection));
        this.networks = new Networks(setup.encoder(), projector, predictor, setup.zeros());
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor z1 = project(views.first(), Mode.TRAIN), z2 = project(views.second(), Mode.TRAIN);   // z = f(x)
        Tensor p1 = networks.predictor.apply(z1, Mode.TRAIN);                                       // p = h(z)
        Tensor p2 = networks.predictor.apply(z2, Mode.TRAIN);
        Tensor d12 = Losses.negativeCosine(p1, stop(z2));                                           // D(p₁, sg(z₂))
        Tensor d21 = Losses.negativeCosine(p2, stop(z1));                                           // D(p₂, sg(z₁))
        Tensor loss = d12.scale(0.5).add(d21.scale(0.5));                                           // Eq. 4
        Ops.update(UpdateOp.Assign.COPY, networks.similarity, loss.stopGradient().neg());
        return loss;
    }

    private Tensor project(Tensor x, Mode mode) {
        return networks.projector.apply(networks.encoder.apply(x, mode), mode);
    }

    private Tensor stop(Tensor z) {
        return config.stopGradient ? z.stopGradient() : z;
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    /// The predictor follows the newest projections and is not made to converge (Sec. 4.2).
    @Override
    public List<ParameterGroup> groups() {
        BiPredicate<String, Tensor> h = (name, parameter) -> name.startsWith("predictor.");
        ParameterGroup predictor = ParameterGroup.of(ParameterGroup.choose(parameters(), h));
        return List.of(ParameterGroup.of(ParameterGroup.choose(parameters(), h.negate())),
                config.fixedRate ? predictor.atConstantRate() : predictor);
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

    /// The mean cosine of prediction and projection: 1 within the first epochs is a sign of collapse.
    @Override
    public Map<String, Double> health() {
        return Map.of("positive similarity", networks.similarity.item());
    }

    /// 0: predictions at right angles to their targets. The least is −1, where a collapsed network is, too.
    @Override
    public double chanceLevel(int images) {
        return 0;
    }
}
