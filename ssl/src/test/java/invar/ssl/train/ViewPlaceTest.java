package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.reference.ReferenceBackend;
import invar.ssl.UserError;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.train.ViewPlace.Wish;
import org.junit.jupiter.api.Test;

/// Nine images of 8 × 8 pixels are 1728 bytes.
class ViewPlaceTest {

    private static final long ENOUGH = 1 << 30;

    private static ViewPlace place(String recipe, Dataset data, Device device) {
        return place(recipe, data, device, Wish.AUTO);
    }

    private static ViewPlace place(String recipe, Dataset data, Device device, Wish wish) {
        try (device; BatchLoader loader = new BatchLoader(data, Recipes.named(recipe, 8), 4, 1, 1, 1)) {
            return ViewPlace.of(loader, device, wish);
        }
    }

    @Test
    void isTheDeviceWhereTheDataFit() {
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.of(4 * 1728))).isEqualTo(new ViewPlace(
                ViewPlace.Kind.RESIDENT, "on the device, of the data set in its memory (1.7 kB)"));
        assertThat(place("simclr", new NoiseImages(9000, 8, 2), AugmentingDevice.of(ENOUGH)).description())
                .isEqualTo("on the device, of the data set in its memory (3.5 MB)");
    }

    @Test
    void isTheHostWhereTheDeviceHasNoKernel() {
        assertThat(place("simclr", Runs.NOISE, new Device("plain", new ReferenceBackend()))).isEqualTo(new ViewPlace(
                ViewPlace.Kind.HOST, "on the host: the device plain has no kernel for them"));
    }

    @Test
    void isTheHostForAugmentationsThatNoDeviceKnowsAndNamesThem() {
        assertThat(place("fixmatch", Runs.NOISE, AugmentingDevice.of(ENOUGH))).isEqualTo(new ViewPlace(
                ViewPlace.Kind.HOST, "on the host: no device has a kernel for RandomShift, RandAugment, Cutout of the "
                        + "augmentation fixmatch"));
    }

    /// A batch of four images has 768 bytes, and of two drawings of each the double.
    @Test
    void isTheDeviceWithImagesSentToItWhereTheDataDoNotFit() {
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.of(4 * 1728 - 1))).isEqualTo(new ViewPlace(
                ViewPlace.Kind.SENT, "on the device, of images sent with each batch (0.8 kB): the data set of 1.7 kB "
                        + "is more than a quarter of the 6.9 kB free there"));
        assertThat(place("simclr", new NoiseImages(9, 8, 3), AugmentingDevice.silent()).description()).isEqualTo(
                "on the device, of images sent with each batch (1.5 kB): the data set of 5.2 kB may not fit into the "
                        + "device, whose free memory is not known");
    }

    /// Uploading a data set needs it in the heap once more.
    @Test
    void isTheDeviceWithImagesSentToItWhereTheHeapHasNoRoomToUploadAll() {
        long heap = Runtime.getRuntime().maxMemory(), image = 3L << 20;
        int half = (int) (heap / 2 / image);
        assertThat(place("simclr", new NoiseImages(half, 1024), AugmentingDevice.of(1L << 40)).kind())
                .isEqualTo(ViewPlace.Kind.RESIDENT);
        assertThat(place("simclr", new NoiseImages(half + 1, 1024), AugmentingDevice.of(1L << 40)).description())
                .startsWith("on the device, of images sent with each batch (12.6 MB): the data set of ")
                .contains(" is more than half of the Java heap of ").endsWith(" MB (-Xmx)");
    }

    /// An image has 3/4 · 2^20 integers, so 2730 of them have less than 2^31 − 8, and 2731 more.
    @Test
    void isTheHostWhereNotEvenABatchFits() {
        Dataset large = new NoiseImages(4000, 1024);
        try (Device device = AugmentingDevice.of(ENOUGH);
                BatchLoader most = new BatchLoader(large, Recipes.named("simclr", 8), 2730, 1, 1, 1);
                BatchLoader more = new BatchLoader(large, Recipes.named("simclr", 8), 2731, 1, 1, 1)) {
            assertThat(ViewPlace.of(most, device, Wish.AUTO).kind()).isEqualTo(ViewPlace.Kind.SENT);
            assertThat(ViewPlace.of(more, device, Wish.AUTO).description()).isEqualTo(
                    "on the host: the images of a batch have 8,591.0 MB, more than a tensor can");
        }
    }

    @Test
    void isTheHostWhereThatIsWanted() {
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.of(ENOUGH), Wish.HOST)).isEqualTo(new ViewPlace(
                ViewPlace.Kind.HOST, "on the host: as asked for"));
    }

    @Test
    void isRefusedWhereItIsToBeTheDeviceAndCannotBe() {
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.of(ENOUGH), Wish.DEVICE).onDevice()).isTrue();
        assertThatThrownBy(() -> place("drawings", Runs.NOISE, AugmentingDevice.of(ENOUGH), Wish.DEVICE))
                .isInstanceOf(UserError.class).hasMessage("Views cannot be made on the device (--views device): no "
                        + "device has a kernel for RandomAffine of the augmentation drawings.");
        assertThatThrownBy(() -> place("simclr", Runs.NOISE, new Device("plain", new ReferenceBackend()), Wish.DEVICE))
                .isInstanceOf(UserError.class).hasMessage("Views cannot be made on the device (--views device): the "
                        + "device plain has no kernel for them.");
    }
}
