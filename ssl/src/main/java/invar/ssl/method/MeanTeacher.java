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

/// Mean teachers are better role models: weight-averaged consistency targets improve semi-supervised deep learning
/// results. Tarvainen, Valpola, NeurIPS 2017, [arXiv:1703.01780](https://arxiv.org/abs/1703.01780), Sec. 2.
///
/// A student learns a few labels, and for all other images to say what its teacher says about another view of them. The
/// teacher is the average of what the student has been, and is what is used in the end.
///
/// Departures, as in the comparison of Sohn et al. (google-research/fixmatch, mean_teacher.py) unless said otherwise:
/// - a labelled batch beside the unlabelled one; the paper has both in one, and asks for consistency on the labelled
///   images too;
/// - the weight grows linearly over the first 40 % of training to 50; the paper's is w exp(−5 (1 − t)²) with w = 100;
/// - one decay α for the whole training; the paper has 0.99 while the weight grows and 0.999 after it;
/// - no dropout and no noise on the inputs, which the paper has: the views differ by their augmentation alone;
/// - running statistics of batch norm move with the labelled images only; all passes, the teacher's too, normalise by
///   their own; for use, the teacher's statistics are averages of the student's ([AveragedClassifier]).
public final class MeanTeacher implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("mean-teacher", "Mean Teacher",
            "Tarvainen and Valpola 2017, arXiv:1703.01780", 2017, Needs.views(2).withLabels().withMomentum(), "ln C",
            Config.class, MeanTeacher::new);

    /// What can be set. Sources: the flags of mean_teacher.py.
    ///
    /// @param weight λ ≥ 0 of the consistency, once it is full (`consistency_weight`: 50)
    /// @param ramp   the share of training in which it grows to that from 0 (`warmup_pos`: 0.4)
    /// @param ema    α of the teacher, 0 to 1 (`ema`: 0.999, for a million steps; shorter runs need less)
    public record Config(double weight, double ramp, double ema) {

        /// Checks the ranges.
        public Config {
            Range.notNegative("weight", weight);
            Range.fraction("ramp", ramp);
            Range.fraction("ema", ema);
        }
    }

    private final AveragedClassifier networks;                        // θ and θ'
    private final Classifier student, teacher;                        // the same, their statistics left alone
    private final Schedule weight, ema;
    private final int classes;

    /// A linear classifier over the encoder of the setup, and a copy of both.
    public MeanTeacher(Config config, Setup setup) {
        this.networks = AveragedClassifier.over(setup);
        this.student = networks.trained().aside();
        this.teacher = networks.average().aside();
        this.weight = new Ramp(config.weight, config.ramp, setup.totalSteps());
        this.ema = Schedule.constant(config.ema);
        this.classes = setup.classes();
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Views.Labelled x = views.labelled().orElseThrow();
        Tensor y = networks.trained().apply(x.images(), Mode.TRAIN);                         // (B, C)
        Tensor supervised = Losses.crossEntropy(y, x.labels());
        Tensor target = teacher.apply(views.first(), Mode.TRAIN).stopGradient();             // f(x, θ', η') (N, C)
        Tensor prediction = student.apply(views.second(), Mode.TRAIN);                       // f(x, θ, η)
        Tensor consistency = Consistency.squaredError(prediction, target);                   // J(θ)
        return supervised.add(consistency.mul(step.value(weight)));
    }

    @Override
    public void afterUpdate(Step step) {
        networks.follow(step.value(ema));                             // θ' ← αθ' + (1 − α)θ
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
