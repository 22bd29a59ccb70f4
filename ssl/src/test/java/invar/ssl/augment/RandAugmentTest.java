package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import invar.ssl.augment.RandAugment.Operation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RandAugmentTest {

    /// A grey image of one row after another of these bytes.
    private static ImageBuffer grey(int height, int width, int... bytes) {
        byte[] rgb = new byte[3 * height * width];
        for (int i = 0; i < rgb.length; i++) rgb[i] = (byte) bytes[i % (height * width)];
        return new ImageBuffer().load(rgb, height, width);
    }

    /// The first channel as bytes, after checking that all three are alike.
    private static int[] bytes(ImageBuffer image) {
        byte[] rgb = new byte[3 * image.area()];
        image.copyTo(rgb);
        int[] values = new int[image.area()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rgb[i] & 0xFF;
            assertThat(rgb[values.length + i]).isEqualTo(rgb[i]).isEqualTo(rgb[2 * values.length + i]);
        }
        return values;
    }

    private static int[] after(ImageBuffer image, Operation operation, int level, int sign) {
        operation.apply(image, level, sign);
        return bytes(image);
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationKeepsSizeAndRange(Operation operation) {
        for (int level = 0; level <= 10; level++) {
            for (int sign : new int[] {1, -1}) {
                ImageBuffer image = ComposeTest.noise(17, 23);
                operation.apply(image, level, sign);
                assertThat(image.height()).isEqualTo(17);
                assertThat(image.width()).isEqualTo(23);
                for (float x : ComposeTest.pixels(image)) assertThat(x).isBetween(0f, 1f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"IDENTITY", "ROTATE", "SHEAR_X", "SHEAR_Y", "TRANSLATE_X", "TRANSLATE_Y", "SOLARIZE"})
    void whatHasAStrengthDoesNothingAtLevelZero(Operation operation) {
        ImageBuffer image = ComposeTest.noise(9, 7);
        float[] before = ComposeTest.pixels(image);
        operation.apply(image, 0, -1);
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
    }

    /// A factor of 0.1 + 0.18 · 5 is 1, for each of the four.
    @ParameterizedTest
    @EnumSource(names = {"COLOR", "CONTRAST", "BRIGHTNESS", "SHARPNESS"})
    void enhancersDoNothingAtLevelFive(Operation operation) {
        ImageBuffer image = ComposeTest.noise(9, 7);
        float[] before = ComposeTest.pixels(image);
        operation.apply(image, 5, 1);
        assertThat(ComposeTest.pixels(image)).containsExactly(before, within(1e-6f));
    }

    @Test
    void brightnessMultiplies() {
        assertThat(after(grey(1, 3, 0, 100, 200), Operation.BRIGHTNESS, 9, 1)).containsExactly(0, 172, 255);     // 1.72
        assertThat(after(grey(1, 3, 0, 100, 200), Operation.BRIGHTNESS, 1, 1)).containsExactly(0, 28, 56);       // 0.28
    }

    /// The mean is 100, 0.9999 of which is the mean grey.
    @Test
    void contrastGoesAwayFromTheMeanGrey() {
        assertThat(after(grey(1, 2, 50, 150), Operation.CONTRAST, 9, 1)).containsExactly(14, 186);
        assertThat(after(grey(1, 2, 50, 150), Operation.CONTRAST, 0, 1)).containsExactly(95, 105);
    }

    @Test
    void colorGoesAwayFromTheGreyOfThePixel() {
        ImageBuffer image = new ImageBuffer().load(new float[] {1, 0, 0}, 0, 1, 1);            // red: grey 0.2989
        Operation.COLOR.apply(image, 0, 1);
        assertThat(ComposeTest.pixels(image)).containsExactly(new float[] {0.1f + 0.9f * 0.2989f, 0.9f * 0.2989f,
            0.9f * 0.2989f}, within(1e-6f));
    }

    @Test
    void autoContrastUsesTheWholeRangeOfEachChannel() {
        assertThat(after(grey(1, 3, 50, 101, 150), Operation.AUTO_CONTRAST, 3, 1)).containsExactly(0, 130, 255);
        assertThat(after(grey(1, 3, 50, 50, 50), Operation.AUTO_CONTRAST, 3, 1)).containsExactly(50, 50, 50);
        ImageBuffer image = new ImageBuffer().load(new float[] {0.2f, 0.4f, 0, 1, 0.3f, 0.3f}, 0, 1, 2);
        Operation.AUTO_CONTRAST.apply(image, 1, 1);
        assertThat(ComposeTest.pixels(image)).containsExactly(0, 1, 0, 1, 0.3f, 0.3f);
    }

    /// PIL's recipe, written out for values from 50 to 129, more of them dark, 55 of them 50. What comes out is about
    /// equally frequent, 3 pixels a value, because 3 is s; the 259 pixels that are left over are white.
    @Test
    void equalizeFollowsTheHistogram() {
        int n = 32 * 32;
        int[] x = new int[n], count = new int[256];
        for (int i = 0; i < n; i++) x[i] = 50 + (int) (80 * Math.pow(i * 37 % n / 1024.0, 1.5));
        for (int v : x) count[v]++;
        int last = Arrays.stream(x).max().orElseThrow(), step = (n - count[last]) / 255, sum = step / 2;
        int[] curve = new int[256];
        for (int v = 0; v < 256; v++) {
            curve[v] = Math.min(255, sum / step);
            sum += count[v];
        }
        int[] y = after(grey(32, 32, x), Operation.EQUALIZE, 7, 1);
        assertThat(y).containsExactly(Arrays.stream(x).map(v -> curve[v]).toArray());
        int[] quarters = new int[4];
        for (int v : y) quarters[v / 64]++;
        for (int k = 0; k < 3; k++) assertThat(quarters[k]).isBetween(192 - 60, 192 + 60);
    }

    @Test
    void equalizeLeavesSmallOrConstantImages() {
        assertThat(after(grey(1, 4, 5, 6, 7, 250), Operation.EQUALIZE, 1, 1)).containsExactly(5, 6, 7, 250);
        int[] constant = new int[400];
        Arrays.fill(constant, 77);
        assertThat(after(grey(20, 20, constant), Operation.EQUALIZE, 1, 1)).containsOnly(77);
    }

    /// Bits: 4 at levels 1 and 2, 3 from 3, 2 from 5, 1 from 8, none at 10.
    @ParameterizedTest
    @CsvSource({"1, 240", "2, 240", "3, 224", "4, 224", "5, 192", "7, 192", "8, 128", "9, 128", "10, 0"})
    void posterizeKeepsTheHighestBits(int level, int mask) {
        assertThat(after(grey(1, 4, 0, 127, 200, 255), Operation.POSTERIZE, level, 1))
                .containsExactly(0, 127 & mask, 200 & mask, 255 & mask);
    }

    /// The threshold is 256 − 76 = 180 at level 3, and 26 at level 9.
    @Test
    void solarizeInvertsFromTheThresholdOn() {
        assertThat(after(grey(1, 4, 0, 179, 180, 255), Operation.SOLARIZE, 3, 1)).containsExactly(0, 179, 75, 0);
        assertThat(after(grey(1, 3, 25, 26, 255), Operation.SOLARIZE, 9, 1)).containsExactly(25, 229, 0);
        assertThat(after(grey(1, 3, 0, 128, 255), Operation.SOLARIZE, 10, 1)).containsExactly(255, 127, 0);
    }

    /// One bright pixel in the middle: smoothed it is 5/13, its neighbours 1/13; the border stays.
    @Test
    void sharpnessMixesWithTheSmoothedImage() {
        float[] pixels = new float[75];
        for (int c = 0; c < 3; c++) pixels[25 * c + 12] = 1;
        ImageBuffer image = new ImageBuffer().load(pixels, 0, 5, 5);
        Sharpness.adjust(image, 0);
        for (int i = 0; i < 25; i++) {
            int away = Math.max(Math.abs(i / 5 - 2), Math.abs(i % 5 - 2));
            assertThat(image.plane(1)[i]).isCloseTo(away == 0 ? 5 / 13f : away == 1 ? 1 / 13f : 0, within(1e-6f));
        }
        ImageBuffer flat = grey(4, 4, 9, 9, 9, 9, 9, 200, 100, 9, 9, 50, 9, 9, 9, 9, 9, 9);
        float before = flat.plane(0)[5];
        Sharpness.adjust(flat, 1.72f);
        assertThat(flat.plane(0)[5]).isGreaterThan(before);
        assertThat(bytes(flat)).startsWith(9, 9, 9, 9, 9).endsWith(9, 9, 9, 9, 9);
    }

    /// A level is a pixel at 32, two at 64; what comes in is grey. A positive level moves the picture left or up.
    @Test
    void translateMovesByWholePixels() {
        for (int side : new int[] {32, 64}) {
            for (int sign : new int[] {1, -1}) {
                ImageBuffer across = ComposeTest.noise(side, side), down = ComposeTest.noise(side, side);
                float[] before = ComposeTest.pixels(across);
                Operation.TRANSLATE_X.apply(across, 3, sign);
                Operation.TRANSLATE_Y.apply(down, 3, sign);
                int by = sign * 3 * side / 32;
                for (int y = 0; y < side; y++) {
                    for (int x = 0; x < side; x++) {
                        int sx = x + by, sy = y + by;
                        assertThat(across.plane(0)[y * side + x])
                                .isEqualTo(sx >= 0 && sx < side ? before[y * side + sx] : 0.5f);
                        assertThat(down.plane(0)[y * side + x])
                                .isEqualTo(sy >= 0 && sy < side ? before[sy * side + x] : 0.5f);
                    }
                }
            }
        }
    }

    /// Row y moves by ⌊0.27 (y + ½) + ½⌋ pixels at level 9, and columns alike.
    @Test
    void shearMovesRowsOrColumnsInProportion() {
        int side = 11;
        ImageBuffer across = ComposeTest.noise(side, side), down = ComposeTest.noise(side, side);
        float[] before = ComposeTest.pixels(across);
        Operation.SHEAR_X.apply(across, 9, 1);
        Operation.SHEAR_Y.apply(down, 9, 1);
        for (int i = 0; i < side; i++) {
            int by = (int) Math.floor(0.27 * (i + 0.5) + 0.5);
            for (int j = 0; j < side; j++) {
                boolean inside = j + by < side;
                assertThat(across.plane(0)[i * side + j]).isEqualTo(inside ? before[i * side + j + by] : 0.5f);
                assertThat(down.plane(0)[j * side + i]).isEqualTo(inside ? before[(j + by) * side + i] : 0.5f);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "5", "8", "33"})
    void rotateTurnsCounterClockwiseAboutTheCentre(int side) {
        ImageBuffer image = ComposeTest.noise(side, side);
        float[] before = ComposeTest.pixels(image), turned = new float[before.length];
        Rearrange.rotate90(before, 0, turned, 0, 3, side, 1);
        NearestAffine.rotate(image, 90, 0.5f);
        assertThat(ComposeTest.pixels(image)).isEqualTo(turned);
    }

    /// 27 degrees at level 9: the corners of a white image become grey, its middle does not.
    @Test
    void rotateBringsInGrey() {
        int[] white = new int[81];
        Arrays.fill(white, 255);
        for (int sign : new int[] {1, -1}) {
            int[] turned = after(grey(9, 9, white), Operation.ROTATE, 9, sign);
            assertThat(new int[] {turned[0], turned[8], turned[72], turned[80]}).containsOnly(128);
            assertThat(turned[40]).isEqualTo(255);
        }
    }

    @Test
    void sameSeedSameImage() {
        boolean different = false;
        for (int i = 0; i < 50; i++) {
            float[] first = augmented(RandAugment.FIXMATCH, i);
            assertThat(augmented(RandAugment.FIXMATCH, i)).isEqualTo(first);
            different |= !Arrays.equals(first, augmented(RandAugment.FIXMATCH, i + 1000));
        }
        assertThat(different).isTrue();
    }

    private static float[] augmented(RandAugment augment, long seed) {
        ImageBuffer image = ComposeTest.noise(32, 32);
        augment.apply(image, new Philox(seed, 0));
        return ComposeTest.pixels(image);
    }

    /// An operation changes noise unless it is the identity (1 in 14) or an enhancer at level 5 (4 in 14, 1 in 9).
    @Test
    void changesTheImageAsOftenAsItSays() {
        int changed = 0, never = 0;
        float[] before = ComposeTest.pixels(ComposeTest.noise(32, 32));
        for (int i = 0; i < 600; i++) {
            if (differs(augmented(new RandAugment(1, 9, 0.5), i), before)) changed++;
            if (differs(augmented(new RandAugment(2, 9, 0), i), before)) never++;
        }
        double expected = 0.5 * (1 - 1 / 14.0 - 4 / 14.0 / 9);
        assertThat(changed / 600.0).isCloseTo(expected, within(0.08));      // four standard deviations
        assertThat(never).isZero();
    }

    private static boolean differs(float[] a, float[] b) {
        for (int i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) > 1e-5) return true;
        return false;
    }

    @Test
    void wrongSettingsAreRefusedInWords() {
        assertThatThrownBy(() -> new RandAugment(0, 9, 0.5)).hasMessage(
                "RandAugment: operations must be at least 1 but is 0");
        assertThatThrownBy(() -> new RandAugment(2, 11, 0.5)).hasMessageContaining("levels must be 1 to 10");
        assertThatThrownBy(() -> new RandAugment(2, 9, 1.5)).hasMessageContaining("p must be in [0, 1]");
    }
}
