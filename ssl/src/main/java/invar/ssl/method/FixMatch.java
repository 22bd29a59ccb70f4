package invar.ssl.method;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.AveragedClassifier;
import invar.ssl.part.Interleaving;
import invar.ssl.part.PseudoLabels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// FixMatch: simplifying semi-supervised learning with consistency and confidence.
/// Sohn, Berthelot, Li, Zhang, Carlini, Cubuk, Kurakin, Zhang, Raffel, NeurIPS 2020,
/// [arXiv:2001.07685](https://arxiv.org/abs/2001.07685), Eq. 3 and 4, Algorithm 1.
///
/// Where the network is almost sure of the class of a weakly augmented image, that class is the label of the strongly
/// augmented one. At first it is sure of none and learns the few labels alone: the threshold is the curriculum.
///
/// The first view is the weak one, the second the strong one: the augmentation `fixmatch`.
///
/// Departures:
/// - the strong augmentation is RandAugment and Cutout, one of the paper's two; CTAugment, which learns from the labels
///   what an image can bear, is not there;
/// - any number of unlabelled images a step, not μ times that of the labelled ones;
/// - the moving average that is used covers batch norm's running statistics; in the official code (fixmatch.py) it
///   covers trainable variables, and the statistics move as slowly by themselves: see [AveragedClassifier].
public final class FixMatch implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("fixmatch", "FixMatch",
            "Sohn et al. 2020, arXiv:2001.07685", 2020, Needs.views(2).withLabels().withMomentum(), "ln C",
            Config.class, FixMatch::new);

    /// What can be set.
    ///
    /// @param confidence τ, how likely a class must be to become a label, 0 to 1 (fixmatch.py, `confidence`: 0.95)
    /// @param weight     λᵤ ≥ 0, of the unlabelled images' loss (fixmatch.py, `wu`: 1)
    /// @param ema        α of the average that is used, 0 to 1 (fixmatch.py, `ema`: 0.999, for a million steps; shorter
    ///                   runs need less)
    public record Config(double confidence, double weight, double ema) {

        /// Checks the ranges.
        public Config {
            Range.fraction("confidence", confidence);
            Range.notNegative("weight", weight);
            Range.fraction("ema", ema);
        }
    }

    private final Config config;
    private final AveragedClassifier networks;
    private final Schedule ema;
    private final Tensor confident;                                   // the share of the last step, a scalar
    private final int classes;

    /// A linear classifier over the encoder of the setup.
    public FixMatch(Config config, Setup setup) {
        this.config = config;
        this.networks = AveragedClassifier.over(setup);
        this.ema = Schedule.constant(config.ema);
        this.confident = setup.zeros();
        this.classes = setup.classes();
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Views.Labelled x = views.labelled().orElseThrow();
        var mixed = Interleaving.of(x.images(), views.first(), views.second());              // B + N + N images
        Tensor all = networks.trained().apply(mixed.together(x.images(), views.first(), views.second()), Mode.TRAIN);
        List<Tensor> logits = mixed.apart(all);                       // one pass: batch norm sees all of them, once
        Tensor labelled = logits.get(0), weak = logits.get(1), strong = logits.get(2);
        Tensor supervised = Losses.crossEntropy(labelled, x.labels());                       // ℓₛ, Eq. 3
        PseudoLabels labels = PseudoLabels.of(weak, config.confidence);                      // q̂_b, 1(max q_b ≥ τ)
        Tensor unsupervised = labels.crossEntropy(strong);                                   // ℓᵤ, Eq. 4
        Ops.update(UpdateOp.Assign.COPY, confident, labels.share());
        return supervised.add(unsupervised.scale(config.weight));                            // ℓₛ + λᵤ ℓᵤ
    }

    @Override
    public void afterUpdate(Step step) {
        networks.follow(step.value(ema));                                                    // θ' ← αθ' + (1 − α)θ
    }

    @Override
    public Map<String, Tensor> parameters() {
        return networks.parameters();
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(networks.state());
        state.put("confident", confident);
        return state;
    }

    @Override
    public Layer encoder() {
        return networks.average().encoder();
    }

    @Override
    public Optional<Layer> classifier() {
        return Optional.of(networks.average());
    }

    /// The share of unlabelled images that counted in the last step.
    @Override
    public Map<String, Double> health() {
        return Map.of("confident", confident.item());
    }

    /// ln C: all classes equally likely, and none likely enough to be a label; if τ ≤ 1/C, the first one is.
    @Override
    public double chanceLevel(int images) {
        return Math.log(classes) * (config.confidence * classes <= 1 ? 1 + config.weight : 1);
    }
}
