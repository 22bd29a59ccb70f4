package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Tensor;
import invar.ssl.Views;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.data.Datasets;
import invar.ssl.data.Subset;
import invar.ssl.train.ViewPlace.Wish;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Batches whose views the device makes are those that the host makes, up to rounding.
class InputsTest {

    private static final long ENOUGH = 1 << 30;
    private static final int STEPS = 5;

    /// A batch of six images, some of them with labels; of epochs of three steps where there are 19 images.
    private static TrainConfig config(String method, int labelled) {
        return new TrainConfig(method, Map.of(), "noise", 8, "simclr", new TrainConfig.Labels(0.5, labelled),
                Runs.TINY.encoder(), Runs.TINY.optimization(), 6, 4, 1);
    }

    private static Feed feed(String method, int labelled, Dataset data) {
        return Feed.of(config(method, labelled), data, Recipes.named("simclr", 8), 2);
    }

    /// All tensors of all steps.
    private static List<double[]> batches(Feed given, Wish wish, long free) {
        List<double[]> all = new ArrayList<>();
        try (given; Device device = AugmentingDevice.of(free);
                Feed feed = given.at(ViewPlace.of(given.images(), device, wish)); Scope scope = device.scope()) {
            Inputs inputs = new Inputs(feed, device);
            for (long step = 0; step < STEPS; step++) {
                scope.reset();
                inputs.take(step);
                Views views = inputs.views();
                for (Tensor view : views.global()) all.add(view.doubles());
                for (Tensor view : views.local()) all.add(view.doubles());
                all.add(doubles(views.index().orElseThrow()));
                if (views.labelled().isEmpty()) continue;
                all.add(views.labelled().get().images().doubles());
                all.add(doubles(views.labelled().get().labels()));
            }
        }
        return all;
    }

    private static double[] doubles(Tensor integers) {
        int[] values = integers.integers();
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) doubles[i] = values[i];
        return doubles;
    }

    private static void assertClose(List<double[]> some, List<double[]> others) {
        assertThat(some).hasSameSizeAs(others);
        for (int i = 0; i < some.size(); i++) assertThat(some.get(i)).containsExactly(others.get(i), within(1e-5));
    }

    /// Of one drawing and of two, where a labelled image is one of them.
    @ParameterizedTest
    @CsvSource({"pi-model, 1", "mean-teacher, 2", "fixmatch, 1", "fixmatch, 2", "simclr, 2", "rotnet, 2"})
    void areTheSameFromTheDevice(String method, int drawings) {
        Dataset data = new NoiseImages(19, 9, drawings, 3);
        List<double[]> host = batches(feed(method, 4, data), Wish.HOST, ENOUGH);
        List<double[]> device = batches(feed(method, 4, data), Wish.DEVICE, ENOUGH);
        assertClose(device, host);
        assertThat(batches(feed(method, 4, data), Wish.DEVICE, ENOUGH)).as("the same bits twice")
                .usingRecursiveComparison().isEqualTo(device);
        assertThat(batches(feed(method, 4, data), Wish.DEVICE, 0)).as("the same bits of images that are sent")
                .usingRecursiveComparison().isEqualTo(device);
    }

    /// Of more drawings than views, only those that are seen are sent.
    @Test
    void areTheSameOfThreeDrawings() {
        Dataset data = new NoiseImages(19, 9, 3);
        List<double[]> sent = batches(feed("simclr", 4, data), Wish.DEVICE, 0);
        assertClose(sent, batches(feed("simclr", 4, data), Wish.HOST, 0));
        assertThat(batches(feed("simclr", 4, data), Wish.DEVICE, ENOUGH)).usingRecursiveComparison().isEqualTo(sent);
    }

    /// Small crops, of which there are more than drawings.
    @Test
    void areTheSameOfManyCrops() {
        assertClose(batches(crops(), Wish.DEVICE, 0), batches(crops(), Wish.HOST, 0));
        assertThat(batches(crops(), Wish.DEVICE, ENOUGH)).usingRecursiveComparison()
                .isEqualTo(batches(crops(), Wish.DEVICE, 0));
    }

    private static Feed crops() {
        TrainConfig config = new TrainConfig("dino", Map.of(), "noise", 16, "dino", Runs.TINY.encoder(),
                Runs.TINY.optimization(), 6, 4, 1);
        return Feed.of(config, new NoiseImages(19, 17, 2), Recipes.named("dino", 16), 2);
    }

    /// Files that are read, cut and resized once, and then are bytes like any other.
    @Test
    void areTheSameOfAFolderOfImages(@TempDir Path folder) throws IOException {
        for (int i = 0; i < 19; i++) {
            BufferedImage image = new BufferedImage(13, 11, BufferedImage.TYPE_INT_RGB);
            for (int k = 0; k < 13 * 11; k++) image.setRGB(k % 13, k / 13, (i + 1) * (k + 7) * 74_207);
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
        Dataset data = Datasets.open(folder.toString(), Datasets.Options.DEFAULT.withSide(8)).train();
        List<double[]> sent = batches(feed("simclr", 4, data), Wish.DEVICE, 0);
        assertClose(sent, batches(feed("simclr", 4, data), Wish.HOST, 0));
        assertThat(batches(feed("simclr", 4, data), Wish.DEVICE, ENOUGH)).usingRecursiveComparison().isEqualTo(sent);
    }

    @Test
    void labelledImagesAreTakenFromTheDataSetInTheDevicesMemory() {
        try (Device device = AugmentingDevice.of(ENOUGH);
                Feed given = feed("pi-model", 4, new NoiseImages(19, 9, 2, 3));
                Feed feed = given.at(ViewPlace.of(given.images(), device, Wish.AUTO))) {
            assertThat(feed.labelled().orElseThrow().kind()).isEqualTo(ViewPlace.Kind.RESIDENT);
        }
    }

    /// Some of the images, and others.
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void labelledImagesMayBeOthers(boolean some) {
        Dataset data = new NoiseImages(19, 9, 1, 3), other = new NoiseImages(23, 9, 1, 2);
        Dataset chosen = new Subset(some ? data : other, 7, 3, 3, 11, 2);
        int[] labels = new int[chosen.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = chosen.label(i);
        List<double[]> host = batches(with(chosen, labels, data), Wish.HOST, ENOUGH);
        for (long free : new long[] {0, ENOUGH}) {
            assertClose(batches(with(chosen, labels, data), Wish.DEVICE, free), host);
        }
    }

    private static Feed with(Dataset labelled, int[] labels, Dataset data) {
        BatchLoader images = new BatchLoader(data, Recipes.named("simclr", 8), 6, 2, 1, 1);
        return new Feed(images, 2, Optional.of(new BatchLoader(labelled, Recipes.named("simclr", 8).first(1), 2,
                Integer.MAX_VALUE, 5, 1)), labels, 3);
    }
}
