package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training with views that the device makes, on the reference backend as if it had a kernel for them.
class DeviceImagesTest {

    private static final long ENOUGH = 1 << 30;
    private static final TrainConfig SWAV = new TrainConfig("swav",
            Map.of("hidden", 5, "projection", 3, "prototypes", 4), "noise", 16, "swav",
            Runs.TINY.encoder(), Runs.TINY.optimization(), 4, 3, 1);

    private static List<Double> losses(TrainConfig config, NoiseImages data, long free, boolean expected) {
        try (Device device = AugmentingDevice.of(free); Trainer trainer = Runs.trainer(config, data, device, 2)) {
            assertThat(trainer.views().onDevice()).isEqualTo(expected);
            return Runs.train(trainer, trainer.totalSteps());
        }
    }

    /// Views differ by rounding, from float on the host to double here. Steps build on each other: the first
    /// ones agree.
    private static void assertSame(List<Double> one, List<Double> other) {
        assertThat(one).hasSameSizeAs(other);
        for (int i = 0; i < 3; i++) assertThat(one.get(i)).as("step %d", i).isCloseTo(other.get(i), within(1e-4));
    }

    @Test
    void lossesAreThoseOfViewsFromTheHost() {
        assertSame(losses(Runs.TINY, new NoiseImages(9, 8), ENOUGH, true),
                losses(Runs.TINY, new NoiseImages(9, 8), 0, false));
    }

    @Test
    void theSecondDrawingMakesTheSecondView() {
        assertSame(losses(Runs.TINY, new NoiseImages(9, 11, 2), ENOUGH, true),
                losses(Runs.TINY, new NoiseImages(9, 11, 2), 0, false));
    }

    @Test
    void smallCropsAreMadeThereToo() {
        assertSame(losses(SWAV, new NoiseImages(9, 20), ENOUGH, true), losses(SWAV, new NoiseImages(9, 20), 0, false));
    }

    /// Nine images of 8 × 8 pixels are 1728 bytes, which must not be more than a quarter.
    @Test
    void imagesThatDoNotFitStayOnTheHost() {
        losses(Runs.TINY, new NoiseImages(9, 8), 4 * 1728, true);
        losses(Runs.TINY, new NoiseImages(9, 8), 4 * 1728 - 1, false);
    }

    @Test
    void goesOnWhereItStoppedBitForBit(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        List<Double> whole = new ArrayList<>(), parts = new ArrayList<>();
        try (Device device = AugmentingDevice.of(ENOUGH); Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 2)) {
            whole.addAll(Runs.train(trainer, 3));
            trainer.save(file);
            whole.addAll(Runs.train(trainer, 6));
        }
        try (Device device = AugmentingDevice.of(ENOUGH); Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 1)) {
            trainer.load(file);
            parts.addAll(Runs.train(trainer, 6));
        }
        assertThat(parts).isEqualTo(whole.subList(3, 6));
    }
}
