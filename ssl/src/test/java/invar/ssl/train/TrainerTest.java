package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.nn.io.Safetensors;
import invar.nn.io.SafetensorsException;
import invar.ssl.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TrainerTest {

    private static final TrainConfig TINY = Runs.TINY;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void hasTheSameLossesWithAnyNumberOfWorkers(int workers) {
        try (Device a = Runs.reference(); Device b = Runs.reference();
                Trainer one = Runs.trainer(TINY, Runs.NOISE, a, 1); Trainer many = Runs.trainer(TINY, Runs.NOISE, b,
                        workers)) {
            assertThat(Runs.train(many, 6)).hasSize(6).isEqualTo(Runs.train(one, 6));
            assertThat(values(many)).isEqualTo(values(one));
        }
    }

    @Test
    void hasOtherLossesForAnotherSeed() {
        try (Device device = Runs.reference(); Trainer one = Runs.trainer(TINY, Runs.NOISE, device, 1);
                Trainer other = Runs.trainer(Runs.with(TINY, 1, 3, 2), Runs.NOISE, device, 1)) {
            assertThat(Runs.train(one, 1)).isNotEqualTo(Runs.train(other, 1));
        }
    }

    /// Step 2 ends an epoch, steps 1 and 5 are in the middle of one.
    @ParameterizedTest
    @CsvSource({"sgd, 1", "sgd, 2", "sgd, 5", "lars, 3", "adamw, 0", "adamw, 3", "sgd, 6"})
    void continuesWhereItStoppedBitForBit(String optimizer, int stop) throws IOException {
        TrainConfig config = Runs.with(TINY, new TrainConfig.Optimization(optimizer, 0.1, 0.9, 1e-2, false, 1));
        Path file = folder.resolve("last.safetensors");
        try (Device a = Runs.reference(); Device b = Runs.reference(); Device c = Runs.reference();
                Trainer whole = Runs.trainer(config, Runs.NOISE, a, 1);
                        Trainer first = Runs.trainer(config, Runs.NOISE, b, 1);
                Trainer second = Runs.trainer(config, Runs.NOISE, c, 2)) {
            List<EpochMetrics> expected = new ArrayList<>(), actual = new ArrayList<>();
            List<Double> losses = Runs.train(whole, 6, expected);
            List<Double> parts = new ArrayList<>(Runs.train(first, stop, actual));
            first.save(file);
            second.load(file);
            assertThat(second.stepsDone()).isEqualTo(stop);
            parts.addAll(Runs.train(second, 6, actual));
            assertThat(parts).hasSize(6).isEqualTo(losses);
            assertThat(values(second)).isEqualTo(values(whole));
            assertThat(actual).extracting(EpochMetrics::loss).isEqualTo(expected.stream().map(EpochMetrics::loss)
                    .toList());
            assertThat(actual).extracting(EpochMetrics::health).isEqualTo(expected.stream().map(EpochMetrics::health)
                    .toList());
            assertThat(actual).extracting(EpochMetrics::step).containsExactly(2L, 4L, 6L);
        }
    }

    @Test
    void storesMomentsAndRunningStatistics() {
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            Map<String, List<Double>> before = values(trainer);
            Runs.train(trainer, 2);                              // the learning rate of the first is 0
            Map<String, List<Double>> after = values(trainer);
            assertThat(before.keySet()).contains("method.encoder.conv1.weight", "method.encoder.bn1.running_var",
                    "method.projector.layers.0.linear.weight", "optimizer.momentum.encoder.conv1.weight");
            before.forEach((name, values) -> assertThat(after.get(name)).as(name).isNotEqualTo(values));
        }
    }

    @Test
    void savesTheSameFileForTheSameRun() throws IOException {
        byte[][] files = new byte[2][];
        for (int i = 0; i < 2; i++) {
            try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
                Runs.train(trainer, 2);
                trainer.save(folder.resolve("a"));
                files[i] = Files.readAllBytes(folder.resolve("a"));
            }
        }
        assertThat(files[0]).isEqualTo(files[1]);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 | 3 | 1 | its encoder.width is 1, not 2.",
        "1 | 4 | 1 | its epochs is 3, not 4.",
        "1 | 3 | 2 | its seed is 1, not 2."})
    void refusesTheCheckpointOfAnotherRun(int width, int epochs, long seed, String difference) throws IOException {
        refuses(Runs.with(TINY, width, epochs, seed), new NoiseImages(9, 8), difference);
    }

    @Test
    void refusesTheCheckpointOfARunWithOtherSettings() throws IOException {
        refuses(TINY.withSettings(Map.of("hidden", 5, "projection", 3, "temperature", 0.2)), new NoiseImages(9, 8),
                "its settings.temperature is 0.5, not 0.2.");
        refuses(Runs.with(TINY, new TrainConfig.Optimization("sgd", 0.2, 0.9, 1e-4, false, 1)), new NoiseImages(9, 8),
                "its optimization.lr is 0.1, not 0.2.");
    }

    @Test
    void refusesTheCheckpointOfARunOnOtherData() throws IOException {
        refuses(TINY, new NoiseImages(8, 8), "its number of images is 9, not 8.");
    }

    private void refuses(TrainConfig other, NoiseImages data, String difference) throws IOException {
        Path file = folder.resolve("last.safetensors");
        try (Device device = Runs.reference(); Trainer saved = Runs.trainer(TINY, Runs.NOISE, device, 1);
                Trainer trainer = Runs.trainer(other, data, device, 1)) {
            Runs.train(saved, 2);
            saved.save(file);
            Map<String, List<Double>> before = values(trainer);
            assertThatThrownBy(() -> trainer.load(file)).isInstanceOf(UserError.class)
                    .hasMessage("The checkpoint " + file + " is of another run: " + difference);
            assertThat(trainer.stepsDone()).isZero();
            assertThat(values(trainer)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"step", "total_steps", "images", "loss_sum", "config", "format"})
    void refusesACheckpointWithoutWhatItNeeds(String missing) throws IOException {
        Path file = folder.resolve("last.safetensors");
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            trainer.save(file);
            Safetensors content = Safetensors.read(file);
            Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
            assertThat(metadata.remove(missing)).isNotNull();
            new Safetensors(metadata, content.tensors()).write(file);
            Map<String, List<Double>> before = values(trainer);
            assertThatThrownBy(() -> trainer.load(file)).isInstanceOf(UserError.class)
                    .hasMessageContaining(file.toString());
            assertThat(values(trainer)).isEqualTo(before);
        }
    }

    @Test
    void refusesAStepThatTheRunDoesNotHave() throws IOException {
        Path file = folder.resolve("last.safetensors");
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            trainer.save(file);
            Safetensors content = Safetensors.read(file);
            Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
            metadata.put("step", "7");
            new Safetensors(metadata, content.tensors()).write(file);
            assertThatThrownBy(() -> trainer.load(file)).isInstanceOf(UserError.class)
                    .hasMessage("The checkpoint " + file + " does not say where training stopped.");
        }
    }

    @Test
    void refusesACheckpointThatIsCutOff() throws IOException {
        Path file = folder.resolve("last.safetensors");
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            trainer.save(file);
            byte[] bytes = Files.readAllBytes(file);
            for (int length : new int[] {0, 7, 100, bytes.length / 2, bytes.length - 1}) {
                Files.write(file, Arrays.copyOf(bytes, length));
                assertThatThrownBy(() -> trainer.load(file)).isInstanceOf(SafetensorsException.class)
                        .hasMessageContaining(file.toString());
            }
        }
    }

    @Test
    void keepsTheOldCheckpointWhenANewOneCannotBeWritten() throws IOException {
        Path file = folder.resolve("checkpoints").resolve("last.safetensors");
        Files.createDirectory(file.getParent());
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            trainer.save(file);
            byte[] old = Files.readAllBytes(file);
            Path away = Files.move(file.getParent(), folder.resolve("away"));
            Files.writeString(file.getParent(), "a file where the folder was");
            Runs.train(trainer, 1);
            assertThatIOException().isThrownBy(() -> trainer.save(file))
                    .withMessageStartingWith("cannot write " + file + ": ");
            assertThat(away.resolve("last.safetensors")).hasBinaryContent(old);
            assertThat(Runs.train(trainer, 2)).hasSize(1);      // it can go on
        }
    }

    @Test
    void reportsEveryEpoch() {
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            List<EpochMetrics> epochs = new ArrayList<>();
            List<Double> losses = Runs.train(trainer, 6, epochs);
            assertThat(epochs).hasSize(3);
            for (int e = 0; e < 3; e++) {
                EpochMetrics m = epochs.get(e);
                assertThat(m.epoch()).isEqualTo(e + 1);
                assertThat(m.step()).isEqualTo(2L * (e + 1));
                assertThat(m.loss()).isEqualTo((losses.get(2 * e) + losses.get(2 * e + 1)) / 2);
                assertThat(m.chance()).isEqualTo(Math.log(7));
                assertThat(m.dataShare()).isBetween(0.0, 1.0);
                assertThat(m.seconds()).isPositive();
                assertThat(m.imagesPerSecond()).isCloseTo(8 / m.seconds(), within(1e-6 * m.imagesPerSecond()));
                assertThat(m.stepBytes()).isPositive();
            }
            // Warm-up over steps 0 and 1, then half a cosine over the four that are left: steps 1, 3 and 5.
            assertThat(epochs).extracting(EpochMetrics::lr).containsExactly(
                    0.1 * 1 / 2, 0.1 * 0.5 * (1 + Math.cos(Math.PI / 4)), 0.1 * 0.5 * (1 + Math.cos(Math.PI * 3 / 4)));
        }
    }

    @Test
    void measuresTheHealthOfEveryEpoch() {
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            List<EpochMetrics> epochs = new ArrayList<>();
            Runs.train(trainer, 6, epochs);
            assertThat(trainer.healthNames()).containsExactly("spread", "effective rank", "alignment", "uniformity");
            for (EpochMetrics m : epochs) {
                assertThat(m.health().keySet()).containsExactlyElementsOf(trainer.healthNames());
                assertThat(m.health("spread")).isBetween(0.0, 1.0);
                assertThat(m.health("effective rank")).isBetween(1.0, 3.001);            // D = 3
                assertThat(m.health("alignment")).isBetween(0.0, 4.0);
                assertThat(m.health("uniformity")).isBetween(-8.0, 0.0);
            }
            assertThat(epochs.get(2).health()).isNotEqualTo(epochs.get(1).health());
        }
    }

    /// The order of the columns must not depend on the process that writes them.
    @Test
    void namesTheMeasuresOfTheMethodInOrder() {
        TrainConfig dino = new TrainConfig("dino", Map.of("hidden", 5, "bottleneck", 3, "outputs", 7), "noise", 8,
                "simclr", TINY.encoder(), TINY.optimization(), 4, 3, 1);
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(dino, Runs.NOISE, device, 1)) {
            assertThat(trainer.healthNames()).containsExactly("spread", "effective rank", "alignment", "uniformity",
                    "divergence", "entropy");
        }
    }

    @Test
    void stopsAfterAnyStepAndNotAfterTheLast() {
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(TINY, Runs.NOISE, device, 1)) {
            for (int step = 1; step <= 6; step++) {
                assertThat(trainer.run(() -> true, quiet())).isEqualTo(step == 6);
                assertThat(trainer.stepsDone()).isEqualTo(step);
            }
            assertThat(trainer.run(() -> false, quiet())).isTrue();
            assertThat(trainer.stepsDone()).isEqualTo(trainer.totalSteps()).isEqualTo(6);
        }
    }

    /// The loss of VICReg grows with the square of the weights, and so with every step faster.
    @Test
    void saysThatTrainingDiverged() {
        TrainConfig wild = new TrainConfig("vicreg", Map.of("hidden", 5, "projection", 3), TINY.data(),
                TINY.imageSize(), TINY.augment(), TINY.encoder(),
                new TrainConfig.Optimization("sgd", 1e6, 0.9, 0, false, 0), TINY.batch(), TINY.epochs(), TINY.seed());
        try (Device device = Runs.reference(); Trainer trainer = Runs.trainer(wild, Runs.NOISE, device, 1)) {
            assertThatThrownBy(() -> Runs.train(trainer, 6)).isInstanceOfSatisfying(UserError.class, e -> {
                assertThat(e.exitCode()).isEqualTo(UserError.FAILED);
                assertThat(e)
                        .hasMessageMatching("The loss is (NaN|-?Infinity) at step \\d: "
                        + "training has diverged; .*--lr.*\\.");
            });
        }
    }

    @Test
    void refusesAnAugmentationWithAnotherNumberOfViews() {
        TrainConfig config = new TrainConfig(TINY.method(), TINY.settings(), TINY.data(), TINY.imageSize(), "rotnet",
                TINY.encoder(), TINY.optimization(), TINY.batch(), TINY.epochs(), TINY.seed());
        try (Device device = Runs.reference()) {
            assertThatThrownBy(() -> Runs.trainer(config, Runs.NOISE, device, 1)).isInstanceOf(UserError.class)
                    .hasMessage("The augmentation rotnet makes 1 view(s) of an image, but simclr takes 2.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rmsprop", "SGD", ""})
    void refusesAnUnknownOptimizer(String name) {
        TrainConfig config = Runs.with(TINY, new TrainConfig.Optimization(name, 0.1, 0.9, 0, false, 0));
        try (Device device = Runs.reference()) {
            assertThatThrownBy(() -> Runs.trainer(config, Runs.NOISE, device, 1)).isInstanceOf(UserError.class)
                    .hasMessage("There is no optimizer '" + name
                            + "'; there are sgd, adam, adamw, lars, lars-simclr and lars-lightly.");
        }
    }

    private static Trainer.Listener quiet() {
        return new Trainer.Listener() {
            @Override
            public void stepped(long step, double loss) {}

            @Override
            public void epochDone(EpochMetrics metrics) {}
        };
    }

    private static Map<String, List<Double>> values(Trainer trainer) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        trainer.state().forEach((name, tensor) -> values.put(name, Arrays.stream(tensor.doubles()).boxed().toList()));
        return values;
    }
}
