package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.ssl.data.Dataset;
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

    private static List<Double> losses(TrainConfig config, Dataset data, long free, ViewPlace.Wish place) {
        try (Device device = AugmentingDevice.of(free);
                Trainer trainer = Runs.trainer(config, data, device, 2, place)) {
            assertThat(trainer.views().onDevice()).isEqualTo(place == ViewPlace.Wish.DEVICE);
            return Runs.train(trainer, trainer.totalSteps());
        }
    }

    /// Views differ by rounding, from float on the host to double here. Steps build on each other: the first
    /// ones agree.
    private static void trainsAsFromTheHost(TrainConfig config, Dataset data) {
        List<Double> device = losses(config, data, ENOUGH, ViewPlace.Wish.DEVICE);
        List<Double> host = losses(config, data, ENOUGH, ViewPlace.Wish.HOST);
        assertThat(device).hasSameSizeAs(host);
        for (int i = 0; i < 3; i++) {
            assertThat(device.get(i)).as("step %d", i).isCloseTo(host.get(i), within(1e-4));
        }
        assertThat(losses(config, data, ENOUGH, ViewPlace.Wish.DEVICE)).as("the same bits twice").isEqualTo(device);
    }

    @Test
    void lossesAreThoseOfViewsFromTheHost() {
        trainsAsFromTheHost(Runs.TINY, new NoiseImages(9, 8));
    }

    @Test
    void theSecondDrawingMakesTheSecondView() {
        trainsAsFromTheHost(Runs.TINY, new NoiseImages(9, 11, 2));
    }

    @Test
    void smallCropsAreMadeThereToo() {
        trainsAsFromTheHost(SWAV, new NoiseImages(9, 20));
    }

    @Test
    void goesOnWhereItStoppedBitForBit(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        List<Double> whole = new ArrayList<>(), parts = new ArrayList<>();
        try (Device device = AugmentingDevice.of(ENOUGH);
                Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 2)) {
            whole.addAll(Runs.train(trainer, 3));
            trainer.save(file);
            whole.addAll(Runs.train(trainer, 6));
        }
        try (Device device = AugmentingDevice.of(ENOUGH);
                Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 1)) {
            trainer.load(file);
            parts.addAll(Runs.train(trainer, 6));
        }
        assertThat(parts).isEqualTo(whole.subList(3, 6));
    }
}
