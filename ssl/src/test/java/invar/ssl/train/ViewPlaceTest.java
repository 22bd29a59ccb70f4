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

    @Test
    void isTheHostWhereTheDataDoNotFit() {
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.of(4 * 1728 - 1)).description()).isEqualTo(
                "on the host: the data set of 1.7 kB is more than a quarter of the 6.9 kB free there");
        assertThat(place("simclr", Runs.NOISE, AugmentingDevice.silent())
                .description()).isEqualTo("on the host: the data set of 1.7 kB may not fit into the device, whose "
                        + "free memory is not known");
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
        assertThatThrownBy(() -> place("simclr", Runs.NOISE, AugmentingDevice.of(0), Wish.DEVICE))
                .isInstanceOf(UserError.class).hasMessage("Views cannot be made on the device (--views device): the "
                        + "data set of 1.7 kB is more than a quarter of the 0.0 kB free there.");
    }
}
