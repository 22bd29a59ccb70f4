package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.part.MultiCrop;
import invar.ssl.part.Prototypes;
import invar.ssl.part.Sinkhorn;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Two global views, two small ones of one size and one of another. The queue, of three batches of the runs, is full
/// from the fourth step on, and the prototypes are frozen for the first epoch, four steps.
class SwAvTest extends MethodContract {

    private static final Map<String, Object> SETTINGS = Map.of("hidden", 9, "projection", 7, "prototypes", 8,
            "temperature", 0.2, "epsilon", 0.1, "queue", 24, "queueFrom", 0);

    SwAvTest() {
        super("swav", SETTINGS);
    }

    @Override
    protected List<Integer> localSides() {
        return List.of(6, 6, 4);
    }

    /// Cosines of D random features have a variance of about 1/D, which must be small beside τ.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "prototypes", 33, "temperature", 0.5, "epsilon", 0.05);
    }

    /// Of the second epoch in the queue, which is full after it; the prototypes are frozen for the first.
    @Override
    protected Map<String, Object> whenReplayed() {
        Map<String, Object> later = new LinkedHashMap<>(settings);
        later.putAll(Map.of("queue", 48, "queueFrom", 1));
        return later;
    }

    @Override
    protected int phases() {
        return 3;
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.385759228199, 2.729765693376, 2.462425983860, 3.176484970302, 2.900642997533, 3.480013743686,
            2.627976814316, 2.805718287868, 2.136908828246, 2.459585092147};
    }

    /// Of the images as they are: codes of differently warped ones need many more steps to agree, and before they do,
    /// the loss stays near ln K.
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32, "prototypes", 16, "epsilon", 0.05), "none", 0.1);
    }

    /// Differently warped images, with a sharper assignment, as the official README advises for a loss that stays at
    /// ln K: in 200 steps it is left well behind.
    @Test
    void leavesTheChanceLevelBehindWithAugmentation() {
        Map<String, Object> settings = Map.of("hidden", 64, "projection", 64, "prototypes", 16, "epsilon", 0.02);
        try (Device device = Device.open("cpu");
                Trainer trainer = trainer(byHeart(settings, "drawings", 0.3), device, 512, 16)) {
            List<Double> losses = train(trainer, 200);
            double last = losses.subList(190, 200).stream().mapToDouble(loss -> loss).average().orElseThrow();
            assertThat(last).as("mean of the last ten of %s", losses).isLessThan(0.9 * Math.log(16));
        }
    }

    /// The codes are constants for differentiation but change with the parameters, so the difference is taken of a loss
    /// in which they are held.
    @Test
    @Override
    void hasTheGradientOfItsLoss() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            Step step = new Step(device, 5);
            Views views = views(device, 1);
            prepare(method, views, step);
            Map<String, Tensor> parameters = method.parameters();
            Map<String, double[]> at = values(parameters), gradients = new LinkedHashMap<>();
            try (Tape tape = Tape.watching(parameters.values())) {
                Gradients found = tape.gradients(method.loss(views, step));
                parameters.forEach((key, p) -> gradients.put(key, found.of(p).doubles()));
            }
            List<Tensor> codes = codes(scores(method, views));
            assertThat(losses(method, views, codes)).isCloseTo(method.loss(views, step).item(), within(1e-12));
            for (long seed = 0; seed < 3; seed++) {
                Map<String, double[]> direction = new LinkedHashMap<>();
                Philox random = new Philox(seed, 0);
                at.forEach((key, values) -> direction.put(key,
                        IntStream.range(0, values.length).mapToDouble(i -> random.nextGaussian()).toArray()));
                double expected = 0, epsilon = 1e-7;
                for (String key : at.keySet()) expected += dot(gradients.get(key), direction.get(key));
                move(parameters, at, direction, epsilon);
                double up = losses(method, views, codes);
                move(parameters, at, direction, -epsilon);
                double down = losses(method, views, codes);
                assertThat((up - down) / (2 * epsilon)).as("direction %d", seed)
                        .isCloseTo(expected, within(gradientTolerance() * Math.max(1, Math.abs(expected))));
            }
        }
    }

    private static void move(Map<String, Tensor> parameters, Map<String, double[]> at,
            Map<String, double[]> direction, double by) {
        parameters.forEach((key, tensor) -> {
            double[] moved = at.get(key).clone();
            for (int i = 0; i < moved.length; i++) moved[i] += by * direction.get(key)[i];
            tensor.upload(moved);
        });
    }

    private static List<Tensor> codes(List<Tensor> scores) {
        return scores.subList(0, 2).stream().map(new Sinkhorn(0.1, 3)::assign).toList();
    }

    private static double losses(SslMethod method, Views views, List<Tensor> codes) {
        return Losses.acrossViews(scores(method, views).stream().map(s -> s.scale(1 / 0.2)).toList(), codes).item();
    }

    private static List<Tensor> scores(SslMethod method, Views views) {
        Tensor z = MultiCrop.embeddings(method.encoder(), method.head().orElseThrow(), MultiCrop.crops(views),
                Mode.TRAIN);
        Prototypes prototypes = new Prototypes(method.parameters().get("prototypes.weight"));
        return MultiCrop.split(prototypes.scores(z), views.images());
    }

    /// Sec. 3.1 and main_swav.py in loops: codes of the two global views, each predicted by the four other crops.
    @Test
    void agreesWithThePaper() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            Views views = views(device, 2);
            double loss = first(method, views, new Step(device, 5));
            List<double[]> s = scores(method, views).stream().map(Tensor::doubles).toList();
            assertThat(s).hasSize(5);
            double expected = 0;
            for (int a = 0; a < 2; a++) {
                double[] q = codes(scores(method, views)).get(a).doubles();
                double sub = 0;
                for (int v = 0; v < 5; v++) {
                    if (v == a) continue;
                    for (int i = 0; i < IMAGES; i++) {
                        double sum = 0;
                        for (int k = 0; k < 8; k++) sum += Math.exp(s.get(v)[i * 8 + k] / 0.2);
                        for (int k = 0; k < 8; k++) {
                            sub -= q[i * 8 + k] * Math.log(Math.exp(s.get(v)[i * 8 + k] / 0.2) / sum) / IMAGES;
                        }
                    }
                }
                expected += sub / 4 / 2;
            }
            assertThat(loss).isCloseTo(expected, within(1e-12));
        }
    }

    /// No step and no momentum: what the optimizer keeps of them is still zero, and they are what they were, but for
    /// the rounding of a length that is 1 already.
    @Test
    void leavesThePrototypesAloneInTheFirstEpoch() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            Tensor prototypes = trainer.method().parameters().get("prototypes.weight");
            double[] start = Losses.normalize(prototypes).doubles();
            double[] encoder = trainer.method().parameters().get("encoder.conv1.weight").doubles();
            Map<String, Tensor> state = trainer.state();
            Tensor momentum = state.get(state.keySet().stream()
                    .filter(name -> name.matches("optimizer[.].*prototypes[.]weight")).findFirst().orElseThrow());
            train(trainer, 4);
            assertThat(prototypes.doubles()).containsExactly(start, within(1e-15));
            assertThat(momentum.doubles()).containsOnly(0);
            assertThat(trainer.method().parameters().get("encoder.conv1.weight").doubles()).isNotEqualTo(encoder);
            train(trainer, 5);
            assertThat(Arrays.stream(momentum.doubles()).filter(m -> m != 0).count()).isGreaterThan(20);
            assertThat(prototypes.doubles()).isNotEqualTo(start);
        }
    }

    @Test
    void comparesWithPrototypesOfUnitLength() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            Tensor prototypes = method.parameters().get("prototypes.weight");
            double[] squares = prototypes.square().sum(1).doubles();
            assertThat(Arrays.stream(squares).filter(square -> Math.abs(square - 1) > 0.01).count()).isPositive();
            method.beforeStep(new Step(device, 5));
            assertThat(prototypes.square().sum(1).plus(-1).abs().maximum().item()).isLessThan(1e-14);
        }
    }

    /// The queue is full in the fourth step and not before.
    @ParameterizedTest
    @CsvSource({"3, true", "4, false"})
    void usesTheQueueOnlyOnceItIsFull(int steps, boolean same) {
        Map<String, Object> without = new LinkedHashMap<>(SETTINGS);
        without.put("queue", 0);
        try (Device a = reference(); Device b = reference(); Trainer with = trainer(tenSteps(), a);
                Trainer other = trainer(tenSteps().withSettings(without), b)) {
            assertThat(train(with, steps).equals(train(other, steps))).isEqualTo(same);
        }
    }

    @Test
    void tellsHowManyPrototypesAreInUse() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            train(trainer, 4);
            double share = trainer.method().health().get("prototypes in use");
            assertThat(share).isBetween(0.25, 1.0);                  // 2 of 8 at least: codes are spread equally
            assertThat(share * 8).isCloseTo(Math.rint(share * 8), within(1e-12));
        }
    }

    @Test
    void trainsPrototypesAndKeepsQueues() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            assertThat(method.parameters().keySet()).contains("prototypes.weight", "projector.layers.0.linear.bias")
                    .noneMatch(name -> name.startsWith("codes"));
            assertThat(method.state().keySet()).contains("codes.queues.0.rows", "codes.queues.1.pointer", "codes.used");
            assertThat(method.embed(views(device, 1).first()).square().sum(1).plus(-1).abs().maximum().item())
                    .isLessThan(1e-12);
            assertThat(method.chanceLevel(99)).isEqualTo(Math.log(8));
        }
    }

    @Test
    void refusesWhatDoesNotFitTheRun() {
        try (Device device = Device.open("reference")) {
            assertThatThrownBy(() -> method(device, Map.of("prototypes", 13))).isInstanceOf(UserError.class)
                    .hasMessage("The setting prototypes is 13, but it must be at most the number of training images, "
                            + "which is 12.");
            assertThatThrownBy(() -> method(device, Map.of("prototypes", 12, "queue", 20)))
                    .isInstanceOf(UserError.class)
                    .hasMessage("The setting queue is 20, but it must be a multiple of the batch, which is 6.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hidden", "projection", "prototypes", "temperature", "epsilon", "iterations",
        "frozenEpochs", "queue", "queueFrom"})
    void refusesSettingsOutOfRange(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new SwAv.Config(value(name, "hidden", 5),
                value(name, "projection", 5), value(name, "prototypes", 5), value(name, "temperature", 1),
                value(name, "epsilon", 1), value(name, "iterations", 3), value(name, "frozenEpochs", 0),
                value(name, "queue", 0), value(name, "queueFrom", 0))).withMessageStartingWith(name + " must be ");
    }

    private static int value(String wrong, String name, int right) {
        return wrong.equals(name) ? -1 : right;
    }
}
