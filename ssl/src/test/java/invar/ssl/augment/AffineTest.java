package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AffineTest {

    @Test
    void nothingToDoIsNoChange() {
        ImageBuffer image = ComposeTest.noise(7, 9);
        float[] before = ComposeTest.pixels(image);
        Affine.warp(image, 0, 1, 0, 0, 0);
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8, 33})
    void aQuarterTurnIsExactAndClockwise(int side) {
        ImageBuffer image = ComposeTest.noise(side, side);
        float[] before = ComposeTest.pixels(image), turned = new float[before.length];
        Rearrange.rotate90(before, 0, turned, 0, 3, side, 3);    // three counter-clockwise
        Affine.warp(image, 90, 1, 0, 0, 0.5f);
        assertThat(ComposeTest.pixels(image)).containsExactly(turned, within(1e-4f));
    }

    @Test
    void shiftsMoveRightAndDownAndFillWhatComesIn() {
        ImageBuffer image = ComposeTest.noise(6, 5);
        float[] before = ComposeTest.pixels(image);
        Affine.warp(image, 0, 1, 2, 1, 1);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 5; x++)
                    assertThat(image.plane(c)[y * 5 + x])
                            .isEqualTo(y < 1 || x < 2 ? 1 : before[c * 30 + (y - 1) * 5 + x - 2]);
    }

    @Test
    void halfAPixelMixesNeighbours() {
        ImageBuffer image = new ImageBuffer().load(new float[] {0, 1, 0, 0, 1, 0, 0, 1, 0}, 0, 1, 3);
        Affine.warp(image, 0, 1, 0.5, 0, 0);
        assertThat(image.plane(0)).startsWith(0, 0.5f, 0.5f);
    }

    @Test
    void scaleGrowsAboutTheCentre() {
        ImageBuffer image = ComposeTest.noise(9, 9);
        float[] before = ComposeTest.pixels(image);
        Affine.warp(image, 0, 2, 0, 0, 0);
        for (int y = 0; y < 9; y += 2)
            for (int x = 0; x < 9; x += 2)
                assertThat(image.plane(0)[y * 9 + x]).isCloseTo(before[(y / 2 + 2) * 9 + x / 2 + 2], within(1e-6f));
    }

    @Test
    void everythingOutsideIsFilled() {
        ImageBuffer image = ComposeTest.noise(4, 4);
        Affine.warp(image, 30, 1, 100, -100, 0.75f);
        assertThat(ComposeTest.pixels(image)).containsOnly(0.75f);
    }

    @Test
    void randomAffineStaysWithinItsRange() {
        RandomAffine affine = new RandomAffine(0, 1, 1, 2, 0);   // one bright pixel in the middle shows the shift
        double largest = 0;
        for (int i = 0; i < 500; i++) {
            float[] pixels = new float[3 * 81];
            pixels[40] = 1;
            ImageBuffer image = new ImageBuffer().load(pixels, 0, 9, 9);
            affine.apply(image, new Philox(i, 0));
            double x = 0, mass = 0;
            for (int k = 0; k < 81; k++) {
                x += image.plane(0)[k] * (k % 9 - 4);
                mass += image.plane(0)[k];
            }
            assertThat(mass).isCloseTo(1, within(1e-5));
            largest = Math.max(largest, Math.abs(x));
        }
        assertThat(largest).isBetween(1.95, 2.0001);
    }
}
