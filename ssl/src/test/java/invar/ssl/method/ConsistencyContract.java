package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.Classifier;
import invar.ssl.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What methods hold that train a classifier on a few labels and make it agree with a teacher about two views of the
/// other images. With the settings of [#SMALL], the weight is 6 from step 6 of 12 on.
abstract class ConsistencyContract extends SemiSupervisedContract {

    static final Map<String, Object> SMALL = Map.of("weight", 6.0, "ramp", 0.5, "ema", 0.75);

    ConsistencyContract(String name) {
        super(name, SMALL);
    }

    /// Whether the average teaches, or the network that is trained.
    abstract boolean averageTeaches();

    @Override
    protected TrainConfig byHeart() {
        return byHeartOfFew(Map.of("ema", 0.9));
    }

    @Override
    protected String augment() {
        return "weak";
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "5, 5", "6, 6", "11, 6"})
    void isTheSupervisedLossAndTheRampedDistanceOfTheSoftmaxes(long at, double weight) {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            shake(method, AVERAGE);
            Views views = views(device, 1);
            Classifier trained = copy(device, method, TRAINED);
            Classifier teacher = averageTeaches() ? copy(device, method, AVERAGE) : trained;
            double[] y = trained.apply(views.labelled().orElseThrow().images(), Mode.TRAIN).doubles();
            double[] target = teacher.apply(views.first(), Mode.TRAIN).doubles();
            double[] student = trained.apply(views.second(), Mode.TRAIN).doubles();
            int[] labels = views.labelled().orElseThrow().labels().integers();
            double supervised = 0, distance = 0;
            for (int i = 0; i < labels.length; i++) {
                supervised -= Math.log(softmax(y, i)[labels[i]]) / labels.length;
            }
            for (int i = 0; i < IMAGES; i++) {
                double[] p = softmax(student, i), q = softmax(target, i);
                for (int c = 0; c < CLASSES; c++) distance += (p[c] - q[c]) * (p[c] - q[c]) / (IMAGES * CLASSES);
            }
            assertThat(distance).isGreaterThan(1e-4);
            Step step = new Step(device, 5);
            step.moveTo(at);
            assertThat(method.loss(views, step).item()).isCloseTo(supervised + weight * distance, within(1e-12));
        }
    }

    /// As if the teacher's logits had come from a file.
    @Test
    void hasTheGradientOfAFixedTeacher() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            shake(method, AVERAGE);
            Views views = views(device, 1);
            Classifier same = copy(device, method, TRAINED);
            Classifier teacher = averageTeaches() ? copy(device, method, AVERAGE) : copy(device, method, TRAINED);
            Tensor target = device.tensor(Shape.of(IMAGES, CLASSES),
                    teacher.apply(views.first(), Mode.TRAIN).softmax(1).doubles());
            Map<String, Tensor> theirs = Modules.parameters(same);
            Map<String, double[]> expected = new LinkedHashMap<>();
            try (Tape tape = Tape.watching(theirs.values())) {
                Tensor supervised = Losses.crossEntropy(same.apply(views.labelled().orElseThrow().images(), Mode.TRAIN),
                        views.labelled().orElseThrow().labels());
                Tensor distance = same.apply(views.second(), Mode.TRAIN).softmax(1).sub(target).square().mean();
                Gradients gradients = tape.gradients(supervised.add(distance.scale(6)));
                theirs.forEach((name, p) -> expected.put(name, gradients.of(p).doubles()));
            }
            Step step = new Step(device, 5);
            step.moveTo(8);
            try (Tape tape = Tape.watching(method.parameters().values())) {
                Gradients gradients = tape.gradients(method.loss(views, step));
                assertThat(method.parameters()).hasSameSizeAs(expected);
                method.parameters().forEach((name, p) -> assertThat(gradients.of(p).doubles()).as(name)
                        .containsExactly(expected.get(name.substring(TRAINED.length())), within(1e-10)));
            }
        }
    }

    @Test
    void movesRunningStatisticsWithTheLabelledImagesAlone() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            Views views = views(device, 1);
            Classifier once = copy(device, method, TRAINED);
            once.apply(views.labelled().orElseThrow().images(), Mode.TRAIN);
            Map<String, double[]> average = values(of(method, AVERAGE));
            method.loss(views, new Step(device, 5));
            assertThat(values(of(method, TRAINED))).usingRecursiveComparison().isEqualTo(values(Modules.state(once)));
            assertThat(values(of(method, AVERAGE))).usingRecursiveComparison().isEqualTo(average);
        }
    }

    @Test
    void usesTheAverageWhichFollowsAfterTheUpdate() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            Tensor images = views(device, 1).first();
            shake(method, TRAINED);
            Map<String, double[]> trained = values(of(method, TRAINED)), before = values(of(method, AVERAGE));
            double[] logits = method.classifier().orElseThrow().apply(images, Mode.EVAL).doubles();
            assertThat(copy(device, method, AVERAGE).apply(images, Mode.EVAL).doubles()).containsExactly(logits);
            method.afterUpdate(new Step(device, 5));
            values(of(method, AVERAGE)).forEach((name, values) -> {
                for (int i = 0; i < values.length; i++) {
                    double expected = 0.75 * before.get(name)[i] + 0.25 * trained.get(name)[i];
                    assertThat(values[i]).as(name).isCloseTo(expected, within(1e-12));
                }
            });
            Classifier now = copy(device, method, AVERAGE);
            assertThat(method.classifier().orElseThrow().apply(images, Mode.EVAL).doubles())
                    .containsExactly(now.apply(images, Mode.EVAL).doubles()).isNotEqualTo(logits);
            assertThat(method.embed(images).doubles())
                    .containsExactly(now.encoder().apply(images, Mode.EVAL).doubles());
        }
    }

    /// Moves a network away from where it started, every value up by a little of its own.
    private static void shake(SslMethod method, String prefix) {
        Philox random = new Philox(9, 0);
        of(method, prefix).values().forEach(tensor -> {
            double[] values = tensor.doubles();
            for (int i = 0; i < values.length; i++) values[i] += 0.2 * random.nextDouble();
            tensor.upload(values);
        });
    }

    /// Makes the settings of the method.
    abstract Record config(double weight, double ramp, double ema);

    @ParameterizedTest
    @CsvSource({"-1, 0.4, 0.9, weight", "NaN, 0.4, 0.9, weight", "1, -0.1, 0.9, ramp", "1, 1.1, 0.9, ramp",
        "1, 0.4, 1.5, ema", "1, 0.4, -1, ema"})
    void refusesWhatIsOutOfRange(double weight, double ramp, double ema, String setting) {
        assertThatIllegalArgumentException().isThrownBy(() -> config(weight, ramp, ema))
                .withMessageStartingWith(setting + " must be ");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void acceptsTheEndsOfTheRanges(double end) {
        assertThat(config(end, end, end)).isNotNull();
    }
}
