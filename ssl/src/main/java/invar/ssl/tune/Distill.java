package invar.ssl.tune;

import invar.core.Tensor;
import invar.nn.Buffer;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Distillation with images that have no labels, the third step of SimCLR v2. Chen, Kornblith, Swersky, Norouzi,
/// Hinton, NeurIPS 2020, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Sec. 2.
///
/// A fine-tuned classifier, the teacher, says of every image how likely each class is, and a student learns to say the
/// same: with logits t of the teacher and s of the student,
/// ```
/// U = τ² · −1/N Σᵢ Σ_y softmax(tᵢ / τ)_y log softmax(sᵢ / τ)_y
/// L = (1 − α) · −1/B Σⱼ log softmax(sⱼ)_{yⱼ} + α U                   j: the labelled images
/// ```
/// The student has no projection head. A smaller one keeps most of a large teacher's accuracy; one of the same size
/// often surpasses it.
///
/// The teacher is in evaluation mode and nobody differentiates in it.
///
/// Departures:
/// - the factor τ², which the official code has (Hinton, Vinyals, Dean 2015, arXiv:1503.02531, Sec. 2.1) and the paper
///   has not; it keeps the gradients of different temperatures alike;
/// - means where the paper adds up;
/// - labelled and unlabelled images go through the student in one pass, so that batch norm sees both; the published
///   code has the part without labels only.
public final class Distill implements SslMethod {

    /// The name of such runs in their `config.yaml`.
    public static final String NAME = "distill";

    /// What can be set beside the optimizer.
    ///
    /// @param teacher     file of the teacher, a classifier
    /// @param student     folder of the pretraining run whose encoder the student starts with; empty: a random one
    /// @param temperature τ, 1e-4 to 1e6 (in the paper 1 for smaller students, 0.1 for those of the same size)
    /// @param alpha       α in (0, 1], the weight of the part without labels (in the paper 1)
    public record Config(String teacher, String student, double temperature, double alpha) {

        /// The least temperature: logits of some tens, over it, must still be told apart in single precision. Over the
        /// largest, they must not be nothing, and its square is a factor of the loss.
        private static final double COLDEST = 1e-4, HOTTEST = 1e6;

        /// What is not given in a file of settings.
        static final Config DEFAULTS = new Config("", "", 1, 1);

        /// Checks the ranges.
        public Config {
            if (!(temperature > 0 && Double.isFinite(temperature))) {
                throw new IllegalArgumentException("temperature must be a number > 0 but is " + temperature);
            }
            if (temperature < COLDEST) {
                throw new IllegalArgumentException("temperature must be at least " + COLDEST
                        + ", below which logits are too large for single precision, but is " + temperature);
            }
            if (temperature > HOTTEST) {
                throw new IllegalArgumentException("temperature must be at most 1e6, above which logits are too small "
                        + "for single precision, but is " + temperature);
            }
            if (!(alpha > 0 && alpha <= 1)) {
                throw new IllegalArgumentException("alpha must be above 0 and at most 1 but is " + alpha);
            }
        }
    }

    /// With the teacher as what is kept but not trained.
    private record Networks(TaskNetwork student, @Buffer Layer teacher) {}

    private final Config config;
    private final TaskNetwork student;
    private final Layer teacher;

    /// @param teacher images to logits of as many classes as the student has
    /// @param student to train
    public Distill(Config config, Layer teacher, TaskNetwork student) {
        this.config = config;
        this.teacher = teacher;
        this.student = student;
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor x = views.first();                                                      // (N, 3, H, W)
        double tau = config.temperature, alpha = config.alpha;
        Tensor t = teacher.apply(x, Mode.EVAL).stopGradient();                          // f^T(x)           (N, C)
        if (alpha == 1) return unlabelled(student.apply(x, Mode.TRAIN), t, tau);        // U
        Views.Labelled labelled = views.labelled().orElseThrow();                       // D^L
        Tensor both = student.apply(x.concat(0, labelled.images()), Mode.TRAIN);        // f^S              (N + B, C)
        int n = x.dim(0);
        Tensor known = Losses.crossEntropy(both.rows(n, both.dim(0)), labelled.labels());
        return known.scale(1 - alpha).add(unlabelled(both.rows(0, n), t, tau).scale(alpha));         // L
    }

    private static Tensor unlabelled(Tensor s, Tensor t, double tau) {
        return Losses.distillation(s, t, tau).scale(tau * tau);
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(student);
    }

    /// All at the same rate; LARS leaves out the classifier.
    @Override
    public List<ParameterGroup> groups() {
        return Groups.of(student, 1);
    }

    /// With the teacher, so that a run goes on with the one that it was begun with.
    @Override
    public Map<String, Tensor> state() {
        return Modules.state(new Networks(student, teacher));
    }

    @Override
    public Layer encoder() {
        return student.encoder();
    }

    @Override
    public Optional<Layer> classifier() {
        return Optional.of(student);
    }

    /// The network that is trained.
    public TaskNetwork student() {
        return student;
    }

    /// τ² ln C, or (1 − α) ln C + α τ² ln C with labels: all classes equally likely.
    @Override
    public double chanceLevel(int images) {
        double tau = config.temperature;
        return Math.log(student.classes()) * (1 - config.alpha + config.alpha * tau * tau);
    }
}
