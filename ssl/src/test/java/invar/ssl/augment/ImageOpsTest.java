package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Buffers, flips, crops and blur beyond the golden cases, and the refusal of wrong settings.
class ImageOpsTest {

    @Test
    void allBytesSurviveTheWayThroughFloats() {
        byte[] bytes = new byte[3 * 256], back = new byte[3 * 256];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i * 7);
        ImageBuffer image = new ImageBuffer().load(bytes, 8, 32);
        assertThat(image.plane(0)[1]).isEqualTo(7 / 255f);
        image.copyTo(back);
        assertThat(back).isEqualTo(bytes);
    }

    @Test
    void aBufferMayBeReusedForImagesOfOtherSizes() {
        ImageBuffer image = new ImageBuffer();
        for (int side : new int[] {3, 33, 2, 17, 1, 40}) {
            byte[] bytes = new byte[3 * side * (side + 1)];
            Arrays.fill(bytes, (byte) 51);
            image.load(bytes, side, side + 1);
            new RandomResizedCrop(9, 0.3).apply(image, new Philox(1, side));
            assertThat(ComposeTest.pixels(image)).hasSize(243).containsOnly(new float[] {0.2f}, within(1e-6f));
        }
    }

    @Test
    void flipHappensWithProbabilityP() {
        int flips = 0;
        for (int i = 0; i < 4000; i++) {
            ImageBuffer image = new ImageBuffer().load(new float[] {0, 1, 0, 1, 0, 1}, 0, 1, 2);
            new HorizontalFlip(0.3).apply(image, Philox.of(5, i));
            if (image.plane(2)[0] == 1) flips++;
        }
        assertThat(flips / 4000.0).isCloseTo(0.3, within(0.025));
    }

    @Test
    void everythingWithProbabilityOneAndZeroIsCertain() {
        for (int i = 0; i < 50; i++) {
            ImageBuffer image = ComposeTest.noise(5, 5);
            float[] before = ComposeTest.pixels(image);
            for (Augmentation never : List.of(new HorizontalFlip(0), new Grayscale(0), new Solarize(0, 0),
                    new GaussianBlur(3, 1, 1, 0), new ColorJitter(1, 1, 1, 0.5, 0)))
                never.apply(image, new Philox(i, 0));
            assertThat(ComposeTest.pixels(image)).isEqualTo(before);
            new Grayscale(1).apply(image, new Philox(i, 0));
            assertThat(image.plane(0)).isEqualTo(image.plane(2));
        }
    }

    @Test
    void randomCropShowsEveryPlaceAndZerosOutside() {
        RandomCrop crop = new RandomCrop(4, 1);
        boolean[][] seen = new boolean[3][3];
        for (int i = 0; i < 200; i++) {
            float[] pixels = new float[48];
            for (int k = 0; k < 48; k++) pixels[k] = 1 + k;
            ImageBuffer image = new ImageBuffer().load(pixels, 0, 4, 4);
            Philox random = new Philox(i, 0);
            int top = new Philox(i, 0).nextInt(3) - 1;
            crop.apply(image, random);
            for (int y = 0; y < 4; y++)
                if (y + top < 0 || y + top > 3) assertThat(image.plane(0)[y * 4 + 1]).isZero();
            float centre = image.plane(0)[5];                    // the pixel at (1, 1) came from (1 + top, 1 + left)
            int from = (int) centre - 1;
            assertThat(from / 4).isEqualTo(1 + top);
            seen[from / 4][from % 4] = true;
        }
        assertThat(seen).isDeepEqualTo(new boolean[][] {{true, true, true}, {true, true, true}, {true, true, true}});
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 9})
    void blurKeepsAConstantImageUnderReflectionAndDarkensTheEdgeUnderZeros(int size) {
        ImageBuffer image = new ImageBuffer();
        image.resize(7, 9);
        for (int c = 0; c < 3; c++) Arrays.fill(image.plane(c), 0.5f);
        Convolution.gaussian(image, size, 1.5, Convolution.Border.REFLECT);
        assertThat(ComposeTest.pixels(image)).containsOnly(new float[] {0.5f}, within(1e-6f));
        Convolution.gaussian(image, size, 1.5, Convolution.Border.ZERO);
        if (size > 1) assertThat(image.plane(0)[0]).isLessThan(0.4f);
    }

    @Test
    void wrongSettingsAreRefusedInWords() {
        assertThatThrownBy(() -> new HorizontalFlip(1.5)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("HorizontalFlip: p must be in [0, 1] but is 1.5");
        assertThatThrownBy(() -> new HorizontalFlip(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new GaussianBlur(4, 0.1, 2, 0.5)).hasMessageContaining("kernel must be odd");
        assertThatThrownBy(() -> new GaussianBlur(3, 0, 2, 0.5)).hasMessageContaining("sigma");
        assertThatThrownBy(() -> new RandomResizedCrop(0, 0.1)).hasMessageContaining("at least 1 pixel");
        assertThatThrownBy(() -> new RandomResizedCrop(8, 0.5, 0.1, 1, 1)).hasMessageContaining("0 < min <= max");
        assertThatThrownBy(() -> new ColorJitter(0, 0, 0, 0.6, 1)).hasMessageContaining("hue must be in [0, 0.5]");
        assertThatThrownBy(() -> new ColorJitter(-1, 0, 0, 0, 1)).hasMessageContaining("must not be negative");
        assertThatThrownBy(() -> new Normalize(List.of(0.0), List.of(1.0))).hasMessageContaining("three values");
        assertThatThrownBy(() -> new Normalize(List.of(0.0, 0.0, 0.0), List.of(1.0, 0.0, 1.0)))
                .hasMessageContaining("every std must be > 0");
        assertThatThrownBy(() -> new RandomAffine(10, 1, 1, 1, 2)).hasMessageContaining("fill must be in [0, 1]");
        assertThatThrownBy(() -> new Solarize(2, 1)).hasMessageContaining("threshold");
        assertThatThrownBy(() -> new RandomCrop(9, 1).apply(ComposeTest.noise(5, 5), new Philox(0, 0)))
                .hasMessageContaining("smaller than the crop of 9 px");
        assertThatThrownBy(() -> new GaussianBlur(9, 1, 1, 1).apply(ComposeTest.noise(4, 9), new Philox(0, 0)))
                .hasMessageContaining("cannot be mirrored");
        float[] nine = new float[27];
        assertThatThrownBy(() -> Rearrange.jigsaw(nine, 0, nine, 0, 3, 3, 3, 2, new int[4]))
                .hasMessageContaining("must divide the image");
        assertThatThrownBy(() -> Rearrange.jigsaw(nine, 0, nine, 0, 3, 3, 3, 3, new int[4]))
                .hasMessageContaining("9 tiles");
        assertThatThrownBy(() -> Rearrange.rotate90(nine, 0, nine, 0, 3, 3, 4)).hasMessageContaining("0 … 3");
    }
}
