package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Philox;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ComposeTest {

    private static final int SIDE = 17;
    private static final Augmentation CROP = new RandomResizedCrop(SIDE, 0.3);
    private static final Augmentation JITTER = new ColorJitter(0.4, 0.4, 0.4, 0.1, 1);

    @Test
    void aViewIsAFunctionOfSeedEpochIndexAndViewAlone() {
        Compose compose = Compose.of(CROP, JITTER);
        float[] view = view(compose, 1, 2, 3, 0);
        view(compose, 9, 9, 9, 9);
        assertThat(view(compose, 1, 2, 3, 0)).isEqualTo(view);
        assertThat(view(compose, 2, 2, 3, 0)).isNotEqualTo(view);
        assertThat(view(compose, 1, 1, 3, 0)).isNotEqualTo(view);
        assertThat(view(compose, 1, 2, 4, 0)).isNotEqualTo(view);
        assertThat(view(compose, 1, 2, 3, 1)).isNotEqualTo(view);
    }

    @Test
    void addingAnAugmentationLeavesTheDrawsOfTheOthers() {
        Augmentation never = new Grayscale(0), neverFlip = new HorizontalFlip(0);
        float[] alone = view(Compose.of(CROP, JITTER), 5, 0, 7, 1);
        assertThat(view(Compose.of(neverFlip, CROP, never, JITTER, new Solarize(0.5, 0)), 5, 0, 7, 1)).isEqualTo(alone);
    }

    @Test
    void twoOfAKindDrawIndependently() {
        int equal = 0;
        for (int i = 0; i < 200; i++) {
            float[] twice = view(Compose.of(new HorizontalFlip(0.5), new HorizontalFlip(0.5)), 1, 0, i, 0);
            if (Arrays.equals(twice, view(Compose.of(), 1, 0, i, 0))) equal++;
        }
        assertThat(equal).isBetween(70, 130);
    }

    @Test
    void printsItsSettings() {
        assertThat(Compose.of(new HorizontalFlip(0.5)).then(Normalize.CIFAR10)).hasToString("Compose[steps=["
                + "HorizontalFlip[p=0.5], Normalize[mean=[0.4914, 0.4822, 0.4465], std=[0.2023, 0.1994, 0.201]]]]");
    }

    private static float[] view(Compose compose, long seed, long epoch, long index, long view) {
        ImageBuffer image = noise(SIDE, SIDE);
        compose.apply(image, seed, epoch, index, view);
        return pixels(image);
    }

    /// An image of uniform noise, always the same.
    static ImageBuffer noise(int height, int width) {
        Philox random = new Philox(42, height * 1000L + width);
        float[] pixels = new float[3 * height * width];
        for (int i = 0; i < pixels.length; i++) pixels[i] = random.nextFloat();
        return new ImageBuffer().load(pixels, 0, height, width);
    }

    /// All pixels of an image.
    static float[] pixels(ImageBuffer image) {
        float[] pixels = new float[3 * image.area()];
        image.copyTo(pixels, 0);
        return pixels;
    }
}
