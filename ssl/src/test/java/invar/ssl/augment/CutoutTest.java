package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// [Cutout], and [RandomShift], which comes before it in FixMatch.
class CutoutTest {

    @Test
    void blanksASquareAroundAnyPixel() {
        boolean[] centres = new boolean[9 * 11];
        for (int i = 0; i < 2000; i++) {
            ImageBuffer image = ComposeTest.noise(9, 11);
            float[] before = ComposeTest.pixels(image);
            new Cutout(4, 0.5).apply(image, new Philox(i, 0));
            Philox same = new Philox(i, 0);
            int row = same.nextInt(9), column = same.nextInt(11);
            centres[row * 11 + column] = true;
            for (int k = 0; k < before.length; k++) {
                int y = k % 99 / 11, x = k % 11;
                boolean blank = y >= row - 2 && y < row + 2 && x >= column - 2 && x < column + 2;
                assertThat(image.plane(k / 99)[k % 99]).isEqualTo(blank ? 0.5f : before[k]);
            }
        }
        assertThat(centres).doesNotContain(false);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void belowTwoPixelsThereIsNoSquare(int size) {
        ImageBuffer image = ComposeTest.noise(5, 5);
        float[] before = ComposeTest.pixels(image);
        new Cutout(size, 0.5).apply(image, new Philox(1, 0));
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
    }

    @Test
    void aShiftMirrorsWhatComesIn() {
        int[] source = {2, 1, 0, 1, 2, 3, 2, 1};                 // columns −2 … 5 of an image four pixels wide
        boolean[] seen = new boolean[25];
        for (int i = 0; i < 500; i++) {
            float[] pixels = new float[48];
            for (int k = 0; k < 48; k++) pixels[k] = k;
            ImageBuffer image = new ImageBuffer().load(pixels, 0, 4, 4);
            new RandomShift(2).apply(image, new Philox(i, 0));
            Philox same = new Philox(i, 0);
            int top = same.nextInt(5) - 2, left = same.nextInt(5) - 2;
            seen[(top + 2) * 5 + left + 2] = true;
            for (int k = 0; k < 48; k++) {
                int y = source[k % 16 / 4 + top + 2], x = source[k % 4 + left + 2];
                assertThat(image.plane(k / 16)[k % 16]).isEqualTo(k / 16 * 16 + y * 4 + x);
            }
        }
        assertThat(seen).doesNotContain(false);
    }

    @Test
    void theStrongViewOfFixMatchHasAQuarterOfItBlankAtMost() {
        Compose strong = Recipes.fixMatch(32).views().get(1);
        assertThat(strong.steps()).endsWith(RandAugment.FIXMATCH, new Cutout(16, 0.5));
        assertThat(Recipes.fixMatch(32).views().get(0)).isEqualTo(Recipes.weak(32).views().get(1));
        double most = 0;
        for (int i = 0; i < 100; i++) {
            ImageBuffer image = ComposeTest.noise(32, 32);
            new Cutout(16, 0.5).apply(image, new Philox(i, 0));
            int blank = 0;
            for (int k = 0; k < 1024; k++) if (image.plane(0)[k] == 0.5f) blank++;
            most = Math.max(most, blank / 1024.0);
        }
        assertThat(most).isCloseTo(0.25, within(0.002));
    }

    @Test
    void wrongSettingsAreRefusedInWords() {
        assertThatThrownBy(() -> new Cutout(-1, 0.5)).hasMessage("Cutout: size must not be negative but is -1");
        assertThatThrownBy(() -> new Cutout(4, 2)).hasMessageContaining("fill must be in [0, 1]");
        assertThatThrownBy(() -> new RandomShift(-1)).hasMessageContaining("must not be negative");
        assertThatThrownBy(() -> new RandomShift(4).apply(ComposeTest.noise(4, 9), new Philox(0, 0)))
                .hasMessageContaining("cannot be mirrored 4 px far");
    }
}
