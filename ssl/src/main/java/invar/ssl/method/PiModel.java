package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.AveragedClassifier;
import invar.ssl.part.Classifier;
import invar.ssl.part.Consistency;
import invar.ssl.part.Ramp;
import java.util.Map;
import java.util.Optional;

/// The Π-model: temporal ensembling for semi-supervised learning.
/// Laine, Aila, ICLR 2017, [arXiv:1610.02242](https://arxiv.org/abs/1610.02242), Algorithm 1.
///
/// A few images have labels and are learnt as ever. Of all the others the network is only asked to say the same about
/// two views of each, the more strictly the longer it has learnt.
///
/// Departures, as in the comparison of Sohn et al. (google-research/fixmatch, pi_model.py) unless said otherwise:
/// - a labelled batch beside the unlabelled one, each term a mean over its own; in the paper one mixed batch divides
///   both, and the weight is scaled by the labelled share;
/// - gradients flow through the second view only; in the paper through both;
/// - the weight grows linearly over the first 40 % of training to 10; the paper's is w exp(−5 (1 − t)²) with w = 100;
/// - no dropout and no noise on the inputs, which the paper has: the views differ by their augmentation alone;
/// - running statistics of batch norm move with the labelled images only; all three passes normalise by their own;
/// - used is the moving average of the network, [AveragedClassifier], which the paper does not have.
public final class PiModel implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("pi-model", "Π-model",
            "Laine and Aila 2016, arXiv:1610.02242", 2016, Needs.views(2).withLabels().withMomentum(), "ln C",
            Config.class, PiModel::new);

    /// What can be set. Sources: the flags of pi_model.py.
    ///
    /// @param weight λ ≥ 0 of the consistency, once it is full (`consistency_weight`: 10)
    /// @param ramp   the share of training in which it grows to that from 0 (`warmup_pos`: 0.4)
    /// @param ema    α of the average that is used, 0 to 1 (`ema`: 0.999, for a million steps; shorter runs need less)
    public record Config(double weight, double ramp, double ema) {

        /// Checks the ranges.
        public Config {
            Range.notNegative("weight", weight);
            Range.fraction("ramp", ramp);
            Range.fraction("ema", ema);
        }
    }

    private final AveragedClassifier networks;
    private final Classifier aside;                                   // the trained one, its statistics left alone
    private final Schedule weight, ema;
    private final int classes;

    /// A linear classifier over the encoder of the setup.
    public PiModel(Config config, Setup setup) {
        this.networks = AveragedClassifier.over(setup);
        this.aside = networks.trained().aside();
        this.weight = new Ramp(config.weight, config.ramp, setup.totalSteps());
        this.ema = Schedule.constant(config.ema);
        this.classes = setup.classes();
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Views.Labelled x = views.labelled().orElseThrow();
        Tensor y = networks.trained().apply(x.images(), Mode.TRAIN);                         // (B, C)
        Tensor supervised = Losses.crossEntropy(y, x.labels());                              // −1/B Σ log y[t]
        Tensor teacher = aside.apply(views.first(), Mode.TRAIN).stopGradient();              // z̃ᵢ (N, C)
        Tensor student = aside.apply(views.second(), Mode.TRAIN);                            // zᵢ
        Tensor consistency = Consistency.squaredError(student, teacher);                     // 1/(CN) Σ ‖zᵢ − z̃ᵢ‖²
        return supervised.add(consistency.mul(step.value(weight)));                          // + w(t) ·
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
        return networks.state();
    }

    @Override
    public Layer encoder() {
        return networks.average().encoder();
    }

    @Override
    public Optional<Layer> classifier() {
        return Optional.of(networks.average());
    }

    /// ln C: all classes equally likely, and so no inconsistency.
    @Override
    public double chanceLevel(int images) {
        return Math.log(classes);
    }
}
