package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import invar.core.Device;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.ssl.data.Shapes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
}
