package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.testkit.RecordingBackend;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.augment.Recipes;
import invar.ssl.probe.Health;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Presets;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every method must hold (the acceptance tests of the specification, 3.18). A test class of a method extends this
/// and says how a small one is made; what is the method's own, such as its loss as naive loops, it adds.
@Timeout(120)
abstract class MethodContract extends MethodRuns {

    /// @param name     as typed
    /// @param settings those that make it small; defaults for the rest
    protected MethodContract(String name, Map<String, Object> settings) {
        super(name, settings);
    }

    /// Settings of the method with which the loss at the start is compared with chance.
    protected Map<String, Object> atStart() {
        return settings;
    }

    /// How far the loss at the start may be from chance.
    protected double nearChance(double chance) {
        return 0.15 * Math.abs(chance);
    }

    /// The losses of ten steps of [#tenSteps], which are constants: a change of them is a change of the mathematics.
    protected abstract double[] tenLosses();

    /// How far single precision may be from them; the last of ten steps has the error of all before.
    protected double tenTolerance() {
        return 1e-2;
    }

    /// The run of 200 steps that is to learn 512 images by heart.
    protected abstract TrainConfig byHeart();

    /// Below which loss it must come.
    protected double byHeartBound(double chance) {
        return 0.6 * chance;
    }

    /// In a batch of more images than the other tests have, so that the luck of a few counts less.
    @Test
    void startsNearChance() {
        try (Device device = Device.open("reference")) {
            int images = 4 * IMAGES;
            SslMethod method = method(device, atStart(), images);
            double loss = first(method, views(device, 1, images), new Step(device, 5));
            double chance = method.chanceLevel(images);
            assertThat(loss).isCloseTo(chance, within(nearChance(chance)));
        }
    }

    /// The whole method, encoder and all, along random directions v: ⟨∇L, v⟩ against (L(θ + εv) − L(θ − εv)) / 2ε. Here
    /// ε is small, 1e-7, because the loss has a kink wherever one of the thousands of ReLUs turns; rounding then leaves
    /// about 1e-16 / 1e-7 = 1e-9.
    @Test
    void hasTheGradientOfItsLoss() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, settings);
            Step step = new Step(device, 5);
            Views views = views(device, 1);
            prepare(method, views, step);
            Map<String, double[]> at = values(method.parameters()), gradients = new LinkedHashMap<>();
            try (Tape tape = Tape.watching(method.parameters().values())) {
                Gradients found = tape.gradients(method.loss(views, step));
                method.parameters().forEach((key, p) -> gradients.put(key, found.of(p).doubles()));
            }
            for (long seed = 0; seed < 3; seed++) {
                Map<String, double[]> direction = new LinkedHashMap<>();
                Philox random = new Philox(seed, 0);
                at.forEach((key, values) -> direction.put(key,
                        IntStream.range(0, values.length).mapToDouble(i -> random.nextGaussian()).toArray()));
                double expected = 0, epsilon = 1e-7;
                for (String key : at.keySet()) expected += dot(gradients.get(key), direction.get(key));
                move(method, at, direction, epsilon);
                double up = method.loss(views, step).item();
                move(method, at, direction, -epsilon);
                double down = method.loss(views, step).item();
                assertThat((up - down) / (2 * epsilon)).as("direction %d", seed)
                        .isCloseTo(expected, within(gradientTolerance() * Math.max(1, Math.abs(expected))));
            }
        }
    }

    /// Once an epoch somebody looks at embeddings and health; training must not feel it.
    @Test
    void staysAsItIsWhenItsHealthIsMeasured() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            train(trainer, 5);
            Map<String, List<? extends Number>> before = bits(trainer);
            try (Scope _ = device.scope()) {
                SslMethod method = trainer.method();
                Map<String, Double> found = Health.of(method::embed, List.of(noise(device, 8,
                        tenSteps().imageSize(), 1)), device);
                assertThat(found.get(Health.SPREAD)).isBetween(0.0, 1.0);
                assertThat(found.get(Health.RANK)).isGreaterThanOrEqualTo(1);
                assertThat(method.health().keySet()).containsAll(trainer.healthNames().stream()
                        .filter(name -> !Health.names(2).contains(name)).toList());
            }
            assertThat(bits(trainer)).isEqualTo(before);
        }
    }

    /// Of the gradient along a direction.
    protected double gradientTolerance() {
        return 2e-6;
    }

    /// Targets, teachers, queues, banks, centres: the loss is a constant in them.
    @Test
    void hasNoGradientInWhatItDoesNotTrain() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, settings);
            Step step = new Step(device, 5);
            Views views = views(device, 1);
            prepare(method, views, step);
            Map<String, Tensor> parameters = method.parameters(), others = new LinkedHashMap<>();
            method.state().forEach((key, tensor) -> {
                if (tensor.dtype().floating() && !parameters.containsValue(tensor)) others.put(key, tensor);
            });
            List<Tensor> watched = new ArrayList<>(parameters.values());
            watched.addAll(others.values());
            try (Tape tape = Tape.watching(watched)) {
                Gradients found = tape.gradients(method.loss(views, step));
                others.forEach((key, tensor) -> assertThat(found.reach(tensor)).as(key).isFalse());
            }
        }
    }

    @Test
    void trainsEveryParameterInOneGroup() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, settings);
            List<Tensor> grouped = new ArrayList<>();
            method.groups().forEach(group -> grouped.addAll(group.parameters().values()));
            assertThat(grouped).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(method.parameters()
                    .values());
            assertThat(method.state().keySet()).containsAll(method.parameters().keySet());
        }
    }

    /// A method whose draws belong to places in the batch gives its own meaning to this.
    @Test
    void hasTheSameLossInAnyOrderOfTheImages() {
        try (Device a = Device.open("reference"); Device b = Device.open("reference")) {
            int[] order = {3, 0, 5, 1, 4, 2};
            double expected = first(method(a, settings), views(a, 1), new Step(a, 5));
            double actual = first(reordered(method(b, settings), order), reordered(views(b, 1), order), new Step(b, 5));
            assertThat(actual).isCloseTo(expected, within(1e-10 * Math.max(1, Math.abs(expected))));
        }
    }

    /// The method as it must be for a batch in another order; the same, unless it draws for places in the batch.
    protected SslMethod reordered(SslMethod method, int[] order) {
        return method;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void continuesWhereItStoppedBitForBit(int stop, @TempDir Path folder) throws IOException {
        TrainConfig config = tenSteps();
        Path file = folder.resolve("last.safetensors");
        try (Device a = reference(); Device b = reference(); Device c = reference();
                Trainer whole = trainer(config, a); Trainer first = trainer(config, b);
                Trainer second = trainer(config, c)) {
            List<String> measures = whole.healthNames();           // the columns of the run's metrics
            List<Double> expected = train(whole, 6), actual = new ArrayList<>(train(first, stop));
            first.save(file);
            second.load(file);
            assertThat(second.healthNames()).isEqualTo(measures);
            actual.addAll(train(second, 6));
            assertThat(actual).hasSize(6).isEqualTo(expected);
            assertThat(bits(second)).isEqualTo(bits(whole));
            assertThat(second.method().health()).isEqualTo(whole.method().health());
            assertThat(measures).isEqualTo(second.healthNames()).containsAll(second.method().health().keySet());
        }
    }

    @ParameterizedTest
    @CsvSource({"reference, 1e-9", "cpu, -1"})
    void hasTheseLossesInTenSteps(String device, double tolerance) {
        try (Device opened = Device.open(device); Trainer trainer = trainer(tenSteps(), opened)) {
            List<Double> losses = train(trainer, 10);
            assertThat(tenLosses()).as("ten losses: %s", losses).hasSize(10);
            for (int i = 0; i < 10; i++) {
                assertThat(losses.get(i)).as("step %d of %s", i, losses)
                        .isCloseTo(tenLosses()[i], within(tolerance < 0 ? tenTolerance() : tolerance));
            }
        }
    }

    @Test
    void learnsASmallSetByHeart() {
        try (Device device = Device.open("cpu"); Trainer trainer = trainer(byHeart(), device, 512, 16)) {
            List<Double> losses = train(trainer, 200);
            double last = losses.subList(190, 200).stream().mapToDouble(loss -> loss).average().orElseThrow();
            double bound = byHeartBound(trainer.chanceLevel());
            assertThat(last).as("mean of the last ten of %s", losses).isLessThan(bound);
        }
    }

    /// Settings of the run that is replayed, in epochs of six steps of eight images, or of more.
    protected Map<String, Object> whenReplayed() {
        return settings;
    }

    /// How many phases it has.
    protected int phases() {
        return 1;
    }

    /// Against a backend that captures as a GPU does: it writes down the ops of the fourth step of a phase, and does
    /// those, and nothing else, in the steps that follow.
    @Test
    void hasTheSameStepsWhenTheyAreReplayed() {
        RecordingBackend recording = new RecordingBackend(Device.open("cpu").backend());
        TrainConfig config = tenSteps().withSettings(whenReplayed());
        try (Device a = Device.open("cpu"); Device b = new Device("recording", recording);
                Trainer eager = trainer(config, a, 49, 9); Trainer replayed = trainer(config, b, 49, 9)) {
            List<Double> expected = train(eager, 24);
            assertThat(train(replayed, 24)).hasSize(24).isEqualTo(expected);
            assertThat(bits(replayed)).isEqualTo(bits(eager));
            assertThat(replayed.method().health()).isEqualTo(eager.method().health());
            assertThat(recording.captured()).isEqualTo(phases());
            assertThat(recording.replayed()).isEqualTo(24 - 4 * phases());
        }
    }

    @Test
    void hasPresetsThatAreWhole() {
        for (Optional<String> preset : List.of(Optional.of("paper"), Optional.of("cifar"), Optional.<String>empty())) {
            TrainConfig config = ConfigFile.resolve(null, preset, Map.of("method", name, "data", "shapes"));
            assertThat(config.method()).isEqualTo(name);
            Record of = ConfigFile.settings(config);
            assertThat(of).isInstanceOf(Methods.named(name).settings());
            preset.ifPresent(named -> assertThat(of).isEqualTo(Presets.settings(name, named)));
            int made = Recipes.named(config.augment(), config.imageSize()).views().size();
            assertThat(made).isGreaterThanOrEqualTo(Methods.named(name).needs().views());
        }
        assertThat(Presets.text(name)).contains("arXiv:");
    }
}
