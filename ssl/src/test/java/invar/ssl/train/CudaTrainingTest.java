package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import invar.core.Device;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.ssl.SslMethod;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Shapes;
import invar.ssl.method.Methods;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Training on the CUDA backend: on a device, or on the emulator where `invar.cuda.driver` names it.
@Tag("cuda")
class CudaTrainingTest {

    private static final int STEPS = 100, IMAGES = 16;

    /// SimCLR with every part that a real run has, as small as it can be: 16 images of 8 × 8 pixels a step. The
    /// learning rate is small, because a large one multiplies a difference in rounding by ten a step.
    private static TrainConfig config() {
        return new TrainConfig("simclr", Map.of("hidden", 9, "projection", 7, "temperature", 0.5), "shapes", 8,
                "drawings", new TrainConfig.EncoderConfig("resnet10", 2, "small"),
                new TrainConfig.Optimization("sgd", 0.0003, 0.9, 1e-3, true, 2), IMAGES, STEPS, 17);
    }

    private static List<Double> losses(String name) {
        return losses(name, Precision.FP32, STEPS);
    }

    private static List<Double> losses(String name, Precision allowed, int steps) {
        try (Device device = Device.open(name, new DeviceOptions(1, 0, allowed, Set.of()));
                Trainer trainer = Runs.trainer(config(), Shapes.train(0, IMAGES, 8), device, 1)) {
            assertThat(device.precision()).isEqualTo(allowed);
            return Runs.train(trainer, steps);
        }
    }

    /// Rounding may turn a ReLU of thousands, which changes a step by a thousandth, and steps build on each other; so
    /// the bound grows. Two runs on the same device have no such excuse.
    @Test
    void aHundredStepsHaveTheLossesOfTheCpuAndTheSameOnesTwice() {
        List<Double> cuda = losses("cuda"), cpu = losses("cpu");
        for (int i = 0; i < STEPS; i++) {
            double bound = i == 0 ? 1e-5 : i < 10 ? 1e-3 : 2e-2;
            assertThat(cuda.get(i)).as("step %d", i).isCloseTo(cpu.get(i), within(bound));
        }
        double first = cuda.subList(0, 10).stream().mapToDouble(loss -> loss).sum();
        assertThat(cuda.subList(90, 100).stream().mapToDouble(loss -> loss).sum()).as("it learns").isLessThan(first);
        assertThat(losses("cuda")).isEqualTo(cuda);
    }

    /// Ten steps with rounded factors. Ten layers of products with errors of u in both factors change the logits,
    /// features of length 1 over a temperature of 1/2, by some √20 u / 0.5 = 9 u, which is 0.4 % in TF32 and 4 % in
    /// bfloat16; the loss averages over 32 rows of 31 logits, and differs by a small part of that. 2 % is allowed.
    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void tenStepsOnTensorCoresHaveTheLossesOfSinglePrecision(Precision precision) {
        List<Double> single = losses("cuda", Precision.FP32, 10), rounded = losses("cuda", precision, 10);
        for (int i = 0; i < single.size(); i++) {
            assertThat(rounded.get(i)).as("step %d", i).isCloseTo(single.get(i), withinPercentage(2))
                    .isNotEqualTo(single.get(i));
        }
        assertThat(losses("cuda", precision, 10)).as("the same bits twice").isEqualTo(rounded);
    }

    /// Where the first step takes every parameter, without momentum and decay: by its gradient, once. The head's are
    /// those of single precision to a few roundoffs. Behind it are nine layers with a ReLU each over the handful of
    /// pixels that such small images leave, and each ReLU near zero that opens or closes moves the gradients of all
    /// before it by percents; but a gradient that is half as large, or four times, or of another sign is outside.
    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void theFirstStepGoesWhereSinglePrecisionGoes(Precision precision) {
        Map<String, double[]> single = firstStep(Precision.FP32), rounded = firstStep(precision);
        assertThat(rounded.keySet()).isEqualTo(single.keySet()).hasSizeGreaterThan(20);
        single.forEach((name, step) -> {
            double[] other = rounded.get(name);
            assertThat(share(step, other)).as(name).isBetween(0.6, 1.5);
            double most = name.startsWith("projector") ? 32 * precision.roundoff() : 0.6;
            assertThat(distance(step, other)).as(name).isPositive().isLessThan(most);
        });
    }

    private static Map<String, double[]> firstStep(Precision allowed) {
        TrainConfig plain = Runs.with(config(), new TrainConfig.Optimization("sgd", 1, 0, 0, false, 0));
        try (Device device = Device.open("cuda", new DeviceOptions(1, 0, allowed, Set.of()));
                Trainer trainer = Runs.trainer(plain, Shapes.train(0, IMAGES, 8), device, 1)) {
            Map<String, double[]> steps = new LinkedHashMap<>();
            trainer.method().parameters().forEach((name, p) -> steps.put(name, p.doubles()));
            Runs.train(trainer, 1);
            trainer.method().parameters().forEach((name, p) -> {
                double[] step = steps.get(name), after = p.doubles();
                for (int i = 0; i < step.length; i++) step[i] -= after[i];
            });
            return steps;
        }
    }

    private static double norm(double[] x) {
        return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
    }

    /// ⟨x, y⟩ / ⟨x, x⟩.
    private static double share(double[] x, double[] y) {
        double product = 0;
        for (int i = 0; i < x.length; i++) product += x[i] * y[i];
        return product / (norm(x) * norm(x));
    }

    private static double distance(double[] x, double[] y) {
        double[] difference = x.clone();
        for (int i = 0; i < x.length; i++) difference[i] -= y[i];
        return norm(difference) / norm(x);
    }

    /// Saved on one device after some steps, continued on the other, and bit for bit where both are the same.
    @Test
    void goesOnWhereItStopped(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        List<Double> whole = new ArrayList<>(), parts = new ArrayList<>();
        try (Device device = Device.open("cuda");
                Trainer trainer = Runs.trainer(config(), Shapes.train(0, IMAGES, 8), device, 1)) {
            whole.addAll(Runs.train(trainer, 3));
            trainer.save(file);
            whole.addAll(Runs.train(trainer, 6));
        }
        try (Device device = Device.open("cuda");
                Trainer trainer = Runs.trainer(config(), Shapes.train(0, IMAGES, 8), device, 1)) {
            trainer.load(file);
            parts.addAll(Runs.train(trainer, 6));
        }
        assertThat(parts).isEqualTo(whole.subList(3, 6));
    }

    private record Outcome(List<Double> losses, Map<String, double[]> state, List<String> notices) {}

    /// Two epochs of six steps, with the learning rate, decay and queue of each.
    private static Outcome train(String method, Map<String, Object> settings, boolean replaying, boolean curious) {
        TrainConfig config = new TrainConfig(method, settings, "shapes", 8, "drawings",
                new TrainConfig.EncoderConfig("resnet10", 2, "small"),
                new TrainConfig.Optimization("adamw", 0.003, 0.9, 1e-3, false, 1), 4, 2, 17);
        List<Double> losses = new ArrayList<>();
        List<String> notices = new ArrayList<>();
        try (Device device = Device.open("cuda"); Trainer trainer = new Trainer(config, Feed.of(config,
                Shapes.train(0, 24, 8), Recipes.named("drawings", 8), 1), device, setup -> {
            SslMethod made = Methods.named(method).make(ConfigFile.settings(config), setup);
            return curious ? Runs.curious(made) : made;
        })) {
            trainer.replaying(replaying);
            trainer.run(() -> false, new Trainer.Listener() {
                @Override
                public void stepped(long step, double loss) {
                    losses.add(loss);
                }

                @Override
                public void epochDone(EpochMetrics metrics) {}

                @Override
                public void noticed(String sentence) {
                    notices.add(sentence);
                }
            });
            Map<String, double[]> state = new LinkedHashMap<>();
            trainer.state().forEach((name, tensor) -> state.put(name, tensor.doubles()));
            return new Outcome(losses, state, notices);
        }
    }

    private static void same(Outcome one, Outcome other) {
        assertThat(one.losses).hasSize(12).isEqualTo(other.losses);
        assertThat(one.state.keySet()).isEqualTo(other.state.keySet());
        one.state.forEach((name, values) -> assertThat(values).as(name).isEqualTo(other.state.get(name)));
    }

    /// Steps that are replayed as a CUDA graph are those whose ops are launched one by one.
    @ParameterizedTest
    @ValueSource(strings = {"simclr", "moco-v2", "byol", "swav"})
    void aGraphOfAStepHasItsResultsBitForBit(String method) {
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("hidden", 9, "projection", 7));
        if (method.equals("moco-v2")) settings.put("queue", 24);
        if (method.equals("swav")) settings.putAll(Map.of("prototypes", 8, "queue", 24, "queueFrom", 0));
        Outcome graph = train(method, settings, true, false);
        assertThat(graph.notices).isEmpty();
        same(graph, train(method, settings, false, false));
    }

    /// A method that waits for the device inside of its loss is trained without a graph, and said so.
    @Test
    void aStepThatCannotBeCapturedIsTrainedOpByOp() {
        Map<String, Object> settings = Map.of("hidden", 9, "projection", 7);
        Outcome curious = train("simclr", settings, true, true);
        assertThat(curious.notices).hasSize(1);
        assertThat(curious.notices.getFirst()).contains("item() is not allowed inside a captured step");
        same(curious, train("simclr", settings, false, false));
    }
}
