package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.ssl.data.Shapes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Training on the CUDA backend with views from the device and from the host: on a device, or on the emulator where
/// `invar.cuda.driver` names it.
@Tag("cuda")
class CudaViewsTest {

    private static final int STEPS = 6, IMAGES = 16;

    /// Views of SimCLR's recipe of 16 images of 12 × 12 pixels a step, 8 × 8 each; a small learning rate, because a
    /// large one multiplies a difference in rounding by ten a step.
    private static final TrainConfig SIMCLR = new TrainConfig("simclr",
            Map.of("hidden", 9, "projection", 7, "temperature", 0.5), "shapes", 8, "simclr",
            new TrainConfig.EncoderConfig("resnet10", 2, "small"),
            new TrainConfig.Optimization("sgd", 0.0003, 0.9, 1e-3, true, 2), IMAGES, STEPS, 17);

    private static Trainer trainer(TrainConfig config, Device device, ViewPlace.Wish place) {
        return Runs.trainer(config, Shapes.train(0, IMAGES, 12), device, 1, place);
    }

    private static List<Double> losses(TrainConfig config, String name, ViewPlace.Wish place) {
        try (Device device = Device.open(name); Trainer trainer = trainer(config, device, place)) {
            assertThat(trainer.views().onDevice()).isEqualTo(place == ViewPlace.Wish.DEVICE);
            return Runs.train(trainer, STEPS);
        }
    }

    /// On a device that is said to be full, so that images are sent to it.
    private static List<Double> sent(TrainConfig config) {
        try (Device device = AugmentingDevice.sized(Device.open("cuda").backend(), OptionalLong.of(0));
                Trainer trainer = trainer(config, device, ViewPlace.Wish.DEVICE)) {
            assertThat(trainer.views().kind()).isEqualTo(ViewPlace.Kind.SENT);
            return Runs.train(trainer, STEPS);
        }
    }

    private static void assertClose(List<Double> some, List<Double> others) {
        assertThat(some).hasSameSizeAs(others);
        for (int i = 0; i < some.size(); i++) {
            assertThat(some.get(i)).as("step %d", i).isCloseTo(others.get(i), within(i == 0 ? 1e-5 : 1e-3));
        }
    }

    @Test
    void viewsFromTheDeviceTrainAsThoseFromTheHost() {
        List<Double> device = losses(SIMCLR, "cuda", ViewPlace.Wish.DEVICE);
        assertClose(device, losses(SIMCLR, "cuda", ViewPlace.Wish.HOST));
        assertClose(device, losses(SIMCLR, "cpu", ViewPlace.Wish.AUTO));
        assertThat(losses(SIMCLR, "cuda", ViewPlace.Wish.DEVICE)).as("the same bits twice").isEqualTo(device);
        assertThat(sent(SIMCLR)).as("the same bits of images that are sent").isEqualTo(device);
    }

    /// With labelled images, which the device takes from the data set in its memory.
    @ParameterizedTest
    @ValueSource(strings = {"pi-model", "mean-teacher", "fixmatch"})
    void viewsOfLabelledImagesTrainAsThoseFromTheHost(String method) {
        TrainConfig config = new TrainConfig(method, Map.of(), "shapes", 8, "simclr", new TrainConfig.Labels(1, 4),
                SIMCLR.encoder(), SIMCLR.optimization(), IMAGES, STEPS, 17);
        List<Double> device = losses(config, "cuda", ViewPlace.Wish.DEVICE);
        assertClose(device, losses(config, "cuda", ViewPlace.Wish.HOST));
        assertThat(losses(config, "cuda", ViewPlace.Wish.DEVICE)).as("the same bits twice").isEqualTo(device);
        assertThat(sent(config)).as("the same bits of images that are sent").isEqualTo(device);
    }

    @Test
    void goOnWhereARunStoppedBitForBit(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state.safetensors");
        List<Double> whole = new ArrayList<>();
        try (Device device = Device.open("cuda");
                Trainer trainer = trainer(SIMCLR, device, ViewPlace.Wish.DEVICE)) {
            whole.addAll(Runs.train(trainer, 3));
            trainer.save(file);
            whole.addAll(Runs.train(trainer, STEPS));
        }
        try (Device device = Device.open("cuda");
                Trainer trainer = trainer(SIMCLR, device, ViewPlace.Wish.DEVICE)) {
            trainer.load(file);
            assertThat(Runs.train(trainer, STEPS)).isEqualTo(whole.subList(3, STEPS));
        }
    }
}
