package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.reference.ReferenceBackend;
import invar.core.testkit.RecordingBackend;
import invar.ssl.data.Dataset;
import invar.ssl.train.ViewPlace.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /// Views are made before the step, into tensors that it reads.
    @ParameterizedTest
    @ValueSource(longs = {0, ENOUGH})
    void aStepWithThemIsReplayed(long free) {
        List<List<Double>> losses = new ArrayList<>();
        for (boolean replaying : new boolean[] {true, false}) {
            RecordingBackend recording = new RecordingBackend(new ReferenceBackend());
            try (Device device = AugmentingDevice.over(recording, free);
                    Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 1, ViewPlace.Wish.DEVICE)) {
                trainer.replaying(replaying);
                losses.add(Runs.train(trainer, 6));
            }
            assertThat(recording.replayed()).isEqualTo(replaying ? 2 : 0);
        }
        assertThat(losses.getFirst()).isEqualTo(losses.getLast());
    }

    /// Of images in the device's memory, and of those that are sent with each batch; also where one run is continued as
    /// the other, on a device that is fuller than before.
    @ParameterizedTest
    @CsvSource({"1000000, 1000000", "0, 0", "1000000, 0"})
    void goesOnWhereItStoppedBitForBit(long before, long after, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        List<Double> whole = new ArrayList<>(), parts = new ArrayList<>();
        try (Device device = AugmentingDevice.of(before);
                Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 2)) {
            assertThat(trainer.views().kind()).isEqualTo(before == 0 ? Kind.SENT : Kind.RESIDENT);
            whole.addAll(Runs.train(trainer, 3));
            trainer.save(file);
            whole.addAll(Runs.train(trainer, 6));
        }
        try (Device device = AugmentingDevice.of(after);
                Trainer trainer = Runs.trainer(Runs.TINY, Runs.NOISE, device, 1)) {
            assertThat(trainer.views().kind()).isEqualTo(after == 0 ? Kind.SENT : Kind.RESIDENT);
            trainer.load(file);
            parts.addAll(Runs.train(trainer, 6));
        }
        assertThat(parts).isEqualTo(whole.subList(3, 6));
    }
}
