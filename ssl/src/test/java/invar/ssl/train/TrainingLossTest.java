package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import invar.ssl.augment.ColorJitter;
import invar.ssl.augment.Compose;
import invar.ssl.augment.RandomAffine;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Shapes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What training does to the loss.
@Timeout(60)
class TrainingLossTest {

    /// Ten steps of 33 images of 9 × 9 pixels, with every part that a real run has: augmentation, warm-up, momentum,
    /// decay. The learning rate is small, because a large one multiplies a difference in rounding by ten a step.
    private static final TrainConfig TEN_STEPS = new TrainConfig("simclr",
            Map.of("hidden", 9, "projection", 7, "temperature", 0.5), "shapes", 9, "drawings",
            new TrainConfig.EncoderConfig("resnet10", 3, "small"),
            new TrainConfig.Optimization("sgd", 0.002, 0.9, 1e-3, true, 2), 33, 10, 17);

    private static final double[] LOSSES = {
        4.461612180412, 4.734134945088, 4.395050768413, 4.314887470970, 4.495257168226,
        4.628008673963, 4.472991410841, 3.901731091249, 4.509793505733, 4.267822985280};

    /// A change of these numbers is a change of the mathematics. In double precision the last digits are those of
    /// `Math.exp` and its like. In single precision rounding may turn one ReLU of thousands, which changes a step by a
    /// thousandth; that no step by itself does more is tested below.
    @ParameterizedTest
    @CsvSource({"reference, 1e-9", "cpu, 1e-2"})
    void isTheseNumbersInTenSteps(String name, double tolerance) {
        try (Device device = Device.open(name); Trainer trainer = Runs.trainer(TEN_STEPS, Shapes.train(0, 33, 9),
                device, 2)) {
            List<Double> losses = Runs.train(trainer, 10);
            for (int i = 0; i < 10; i++) {
                assertThat(losses.get(i)).as("step %d of %s", i, losses).isCloseTo(LOSSES[i], within(tolerance));
            }
        }
    }

    /// Each step from the state that the reference backend has reached.
    @Test
    void isThatOfTheReferenceBackendInEachStepOnTheCpu(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        try (Device reference = Runs.reference(); Device cpu = Device.open("cpu");
                Trainer exact = Runs.trainer(TEN_STEPS, Shapes.train(0, 33, 9), reference, 1)) {
            for (int step = 1; step <= 10; step++) {
                exact.save(file);
                double expected = Runs.train(exact, step).getFirst();
                try (Trainer fast = Runs.trainer(TEN_STEPS, Shapes.train(0, 33, 9), cpu, 1)) {
                    fast.load(file);
                    assertThat(Runs.train(fast, step).getFirst()).as("step %d", step).isCloseTo(expected, within(1e-5));
                    Map<String, Tensor> moved = fast.state();
                    exact.state().forEach((name, tensor) -> assertThat(distance(tensor.doubles(), moved.get(name)
                            .doubles()))
                            .as(name).isLessThan(1e-3));
                }
            }
        }
    }

    /// ‖a − b‖ / max(‖a‖, 1e-3)
    private static double distance(double[] a, double[] b) {
        double difference = 0, size = 0;
        for (int i = 0; i < a.length; i++) {
            difference += (a[i] - b[i]) * (a[i] - b[i]);
            size += a[i] * a[i];
        }
        return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-3);
    }

    @Test
    void fallsFarBelowChanceOnASmallSet() {
        Compose mild = Compose.of(new RandomAffine(5, 0.95, 1.05, 1, 1), new ColorJitter(0.2, 0.2, 0.2, 0.05, 1));
        try (Device device = Device.open("cpu"); Trainer trainer = overfitting(device, 25, mild)) {
            List<Double> losses = Runs.train(trainer, 25);
            double last = losses.subList(20, 25).stream().mapToDouble(loss -> loss).average().orElseThrow();
            assertThat(trainer.chanceLevel()).isEqualTo(Math.log(63));
            assertThat(last).as("mean of the last five of %s", losses).isLessThan(0.6 * trainer.chanceLevel());
        }
    }

    /// Also if threads share the work: bit for bit the same.
    @Test
    void doesNotDependOnThreads() {
        Compose view = Compose.of(new RandomAffine(15, 0.8, 1.2, 2, 1));
        List<List<Double>> losses = new ArrayList<>();
        for (int threads = 1; threads <= 3; threads++) {
            try (Device device = Device.open("cpu", new DeviceOptions(threads, 0));
                    Trainer trainer = overfitting(device, 3, view)) {
                losses.add(Runs.train(trainer, 3));
            }
        }
        assertThat(losses.get(1)).isEqualTo(losses.get(0));
        assertThat(losses.get(2)).isEqualTo(losses.get(0));
    }

    private static Trainer overfitting(Device device, int steps, Compose view) {
        TrainConfig config = new TrainConfig("simclr", Map.of("hidden", 64, "projection", 32, "temperature", 0.2),
                "shapes", 16,
                "drawings", new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("sgd", 0.1, 0.9, 1e-4, false, 2), 32, steps, 17);
        Recipe recipe = new Recipe("mild", "", Collections.nCopies(2, view));
        return new Trainer(config, Feed.of(config, Shapes.train(0, 32, 16), recipe, 2), device);
    }
}
