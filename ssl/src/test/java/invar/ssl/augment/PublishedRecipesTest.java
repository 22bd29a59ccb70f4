package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every step of every recipe, written down once more. Sections are those of the specification, 3.0.6 where no other is
/// named: crops by share of the area, log-uniform aspect 3/4 to 4/3, grey for one in five, flips for every second.
class PublishedRecipesTest {

    private static final Augmentation FLIP = new HorizontalFlip(0.5), GREY = new Grayscale(0.2);

    /// Of 224 pixels; the kernel is a tenth of the side, made odd.
    private static final int LARGE = 224, SMALL = 32, KERNEL = 23;

    private static Augmentation crop(int size, double least) {
        return crop(size, least, 1);
    }

    private static Augmentation crop(int size, double least, double most) {
        return new RandomResizedCrop(size, least, most, 3 / 4.0, 4 / 3.0);
    }

    private static Augmentation blur(int kernel, double p) {
        return new GaussianBlur(kernel, 0.1, 2, p);
    }

    /// What a recipe has at this size.
    private static void is(String name, int size, Compose... views) {
        assertThat(Recipes.named(name, size).views()).as(name + " " + size).containsExactly(views);
    }

    private static void twice(String name, int size, Augmentation... steps) {
        is(name, size, Compose.of(steps), Compose.of(steps));
    }

    /// s (0.8, 0.8, 0.8, 0.2) with s = 1 for ImageNet and ½ for CIFAR-10, which is not blurred.
    @Test
    void simClr() {
        twice("simclr", LARGE, crop(LARGE, 0.08), FLIP, new ColorJitter(0.8, 0.8, 0.8, 0.2, 0.8), GREY,
                blur(KERNEL, 0.5));
        twice("simclr", SMALL, crop(SMALL, 0.08), FLIP, new ColorJitter(0.4, 0.4, 0.4, 0.1, 0.8), GREY);
    }

    /// Every image is jittered, grey ones too; hue up to 0.4.
    @ParameterizedTest
    @ValueSource(ints = {LARGE, SMALL})
    void mocoV1AndInstanceDiscrimination(int size) {
        Augmentation jitter = new ColorJitter(0.4, 0.4, 0.4, 0.4, 1);
        twice("moco-v1", size, crop(size, 0.2), GREY, jitter, FLIP);
        twice("instdisc", size, crop(size, 0.2), jitter, GREY);                  // 3.4: on CIFAR-10 no flip
    }

    @Test
    void mocoV2() {
        Augmentation jitter = new ColorJitter(0.4, 0.4, 0.4, 0.1, 0.8);
        twice("moco-v2", LARGE, crop(LARGE, 0.2), FLIP, jitter, GREY, blur(KERNEL, 0.5));
        twice("moco-v2", SMALL, crop(SMALL, 0.2), FLIP, jitter, GREY);
    }

    /// View 1 is always blurred, view 2 one time in ten, and solarized one time in five; 3.7: MoCo v3 with ResNet-50
    /// crops from 20 %.
    @Test
    void byolAndMocoV3() {
        Augmentation jitter = new ColorJitter(0.4, 0.4, 0.2, 0.1, 0.8), solarize = new Solarize(0.5, 0.2);
        for (String name : new String[] {"byol", "moco-v3"}) {
            double least = name.equals("byol") ? 0.08 : 0.2;
            is(name, LARGE, Compose.of(crop(LARGE, least), FLIP, jitter, GREY, blur(KERNEL, 1)),
                    Compose.of(crop(LARGE, least), FLIP, jitter, GREY, blur(KERNEL, 0.1), solarize));
            is(name, SMALL, Compose.of(crop(SMALL, least), FLIP, jitter, GREY),
                    Compose.of(crop(SMALL, least), FLIP, jitter, GREY, solarize));
        }
    }

    /// 3.10: 2 × 224 (0.14-1) and 6 × 96 (0.05-0.14), SimCLR's colours. 96 of 224 pixels are 16 of 32, to a multiple of
    /// 8.
    @Test
    void swav() {
        Augmentation jitter = new ColorJitter(0.8, 0.8, 0.8, 0.2, 0.8);
        List<Compose> views = new ArrayList<>(Collections.nCopies(2,
                Compose.of(crop(LARGE, 0.14), FLIP, jitter, GREY, blur(KERNEL, 0.5))));
        views.addAll(Collections.nCopies(6, Compose.of(crop(96, 0.05, 0.14), FLIP, jitter, GREY, blur(9, 0.5))));
        assertThat(Recipes.named("swav", LARGE).views()).isEqualTo(views);
        views = new ArrayList<>(Collections.nCopies(2, Compose.of(crop(SMALL, 0.14), FLIP, jitter, GREY)));
        views.addAll(Collections.nCopies(6, Compose.of(crop(16, 0.05, 0.14), FLIP, jitter, GREY)));
        assertThat(Recipes.named("swav", SMALL).views()).isEqualTo(views);
    }

    /// 3.14: 2 × 224 (0.4-1) and 8 × 96 (0.05-0.4), blur 1, 0.1 and 0.5, global view 2 solarized.
    @Test
    void dino() {
        Augmentation jitter = new ColorJitter(0.4, 0.4, 0.2, 0.1, 0.8), solarize = new Solarize(0.5, 0.2);
        List<Compose> views = new ArrayList<>(List.of(
                Compose.of(crop(LARGE, 0.4), FLIP, jitter, GREY, blur(KERNEL, 1)),
                Compose.of(crop(LARGE, 0.4), FLIP, jitter, GREY, blur(KERNEL, 0.1), solarize)));
        views.addAll(Collections.nCopies(8, Compose.of(crop(96, 0.05, 0.4), FLIP, jitter, GREY, blur(9, 0.5))));
        assertThat(Recipes.named("dino", LARGE).views()).isEqualTo(views);
        views = new ArrayList<>(List.of(Compose.of(crop(SMALL, 0.4), FLIP, jitter, GREY),
                Compose.of(crop(SMALL, 0.4), FLIP, jitter, GREY, solarize)));
        views.addAll(Collections.nCopies(8, Compose.of(crop(16, 0.05, 0.4), FLIP, jitter, GREY)));
        assertThat(Recipes.named("dino", SMALL).views()).isEqualTo(views);
    }

    /// 3.1: padding 4 or crops, and flips, before the turn.
    @Test
    void rotNet() {
        is("rotnet", SMALL, Compose.of(new RandomCrop(32, 4), FLIP));
        is("rotnet", LARGE, Compose.of(crop(LARGE, 0.08), FLIP));
    }

    /// 3.2: 225 of 256 pixels, cells of 75, tiles of 64, grey for 66 % (VISSL); for 32 pixels cells of 10, tiles of 8.
    @Test
    void jigsaw() {
        is("jigsaw", 256, Compose.of(FLIP, new RandomCrop(225, 0), new Grayscale(0.66), new JigsawTiles(3, 75, 64)));
        is("jigsaw", SMALL, Compose.of(FLIP, new RandomCrop(30, 0), new Grayscale(0.66), new JigsawTiles(3, 10, 8)));
    }

    /// 3.3: 6 × 6 patches of 80 pixels at stride 36 from 260; colours, grey for a quarter, two channels dropped. For 32
    /// pixels, and the first crop, are of this project.
    @Test
    void cpc() {
        Compose changes = Compose.of(FLIP, new ColorDropping(0.5), new ColorJitter(0.4, 0.4, 0.4, 0.1, 0.8),
                new Grayscale(0.25));
        is("cpc", 260, Compose.of(crop(260, 0.5), FLIP, new Patches(6, 80, 36, changes)));
        is("cpc", SMALL, Compose.of(crop(SMALL, 0.5), FLIP, new Patches(3, 16, 8, changes)));
    }

    /// 3.17: weak: flip, and 12.5 % of shift; strong: RandAugment and Cutout (of half the side) after it.
    @Test
    void weakAndStrong() {
        Augmentation whole = new ResizeCenterCrop(32, 1), shift = new RandomShift(4);
        twice("weak", SMALL, whole, FLIP, shift);
        is("fixmatch", SMALL, Compose.of(whole, FLIP, shift),
                Compose.of(whole, FLIP, shift, new RandAugment(2, 9, 0.5), new Cutout(16, 0.5)));
    }

    /// 3.6: for classifiers, crops and flips only.
    @ParameterizedTest
    @ValueSource(ints = {LARGE, SMALL})
    void classifiers(int size) {
        is("crop-flip", size, Compose.of(crop(size, 0.08), FLIP));
        twice("none", size, new ResizeCenterCrop(size, 1));
    }

    /// Not published: these of the project are constants of its measurements.
    @Test
    void drawings() {
        twice("drawings", SMALL, new RandomAffine(15, 0.8, 1.15, 3.2, 1), new ColorJitter(0.4, 0.4, 0.4, 0.1, 0.8),
                GREY, new ResizeCenterCrop(SMALL, 1));
        twice("simclr-drawings", SMALL, new RandomAffine(17, 0.8, 1.2, 4, 1), crop(SMALL, 0.75),
                new ColorJitter(0.32, 0.32, 0.32, 0.1, 0.8), GREY);
        twice("simclr-shapes", SMALL, new RandomAffine(180, 0.8, 1.2, 4, 0.5), crop(SMALL, 0.75), FLIP,
                new ColorJitter(0.4, 0.4, 0.4, 0.5, 0.8), GREY);
    }

    @Test
    void noneIsLeftOut() {
        assertThat(Recipes.names()).containsExactlyInAnyOrder("simclr", "moco-v1", "instdisc", "moco-v2", "byol",
                "moco-v3", "swav", "dino", "rotnet", "jigsaw", "cpc", "weak", "fixmatch", "crop-flip", "none",
                "drawings", "simclr-drawings", "simclr-shapes");
    }
}
