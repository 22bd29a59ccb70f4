package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Tensor;
import invar.ssl.Views;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.data.Subset;
import invar.ssl.train.ViewPlace.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
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
    private static List<double[]> batches(Feed given, Wish wish) {
        List<double[]> all = new ArrayList<>();
        try (given; Device device = AugmentingDevice.of(ENOUGH);
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
        List<double[]> host = batches(feed(method, 4, data), Wish.HOST);
        List<double[]> device = batches(feed(method, 4, data), Wish.DEVICE);
        assertClose(device, host);
        assertThat(batches(feed(method, 4, data), Wish.DEVICE)).as("the same bits twice").usingRecursiveComparison()
                .isEqualTo(device);
    }

    @Test
    void labelledImagesAreTakenFromTheDataSetInTheDevicesMemory() {
        try (Device device = AugmentingDevice.of(ENOUGH);
                Feed given = feed("pi-model", 4, new NoiseImages(19, 9, 2, 3));
                Feed feed = given.at(ViewPlace.of(given.images(), device, Wish.AUTO))) {
            assertThat(feed.labelled().orElseThrow().asRows()).isTrue();
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
        assertClose(batches(with(chosen, labels, data), Wish.DEVICE), batches(with(chosen, labels, data), Wish.HOST));
    }

    private static Feed with(Dataset labelled, int[] labels, Dataset data) {
        BatchLoader images = new BatchLoader(data, Recipes.named("simclr", 8), 6, 2, 1, 1);
        return new Feed(images, 2, Optional.of(new BatchLoader(labelled, Recipes.named("simclr", 8).first(1), 2,
                Integer.MAX_VALUE, 5, 1)), labels, 3);
    }
}
