package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColorJitterTest {

    @Test
    void brightnessFactorsAreUniformAroundOne() {
        ColorJitter jitter = new ColorJitter(0.4, 0, 0, 0, 1);
        double least = 2, most = 0, mean = 0;
        for (int i = 0; i < 2000; i++) {
            ImageBuffer image = grey(0.5f);
            jitter.apply(image, new Philox(i, 0));
            double factor = image.plane(1)[0] / 0.5;
            least = Math.min(least, factor);
            most = Math.max(most, factor);
            mean += factor / 2000;
        }
        assertThat(least).isBetween(0.6, 0.603);
        assertThat(most).isBetween(1.397, 1.4);
        assertThat(mean).isCloseTo(1, within(0.02));
    }

    @Test
    void factorsDoNotFallBelowZero() {
        for (int i = 0; i < 100; i++) {
            ImageBuffer image = grey(0.1f);
            new ColorJitter(3, 0, 0, 0, 1).apply(image, new Philox(i, 0));
            assertThat(image.plane(0)[0]).isBetween(0f, 0.4f);
        }
    }

    @Test
    void happensWithProbabilityP() {
        int changed = 0;
        for (int i = 0; i < 2000; i++) {
            ImageBuffer image = grey(0.5f);
            new ColorJitter(0.8, 0, 0, 0, 0.8).apply(image, new Philox(i, 0));
            if (image.plane(0)[0] != 0.5f) changed++;
        }
        assertThat(changed / 2000.0).isCloseTo(0.8, within(0.03));
    }

    @Test
    void theOrderIsRandom() {
        Set<List<Integer>> orders = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            Philox random = new Philox(i, 0);
            random.nextFloat();
            int[] order = random.permutation(4);
            orders.add(Arrays.stream(order).boxed().toList());
            float[] amounts = new float[4];
            for (int k = 0; k < 3; k++) amounts[k] = (float) random.uniform(0, 3);
            amounts[3] = (float) random.uniform(-0.5, 0.5);
            ImageBuffer expected = ComposeTest.noise(3, 3), actual = ComposeTest.noise(3, 3);
            for (int which : order)
                ColorJitter.adjust(expected, ColorJitter.Adjustment.values()[which], amounts[which]);
            new ColorJitter(2, 2, 2, 0.5, 1).apply(actual, new Philox(i, 0));
            assertThat(ComposeTest.pixels(actual)).isEqualTo(ComposeTest.pixels(expected));
        }
        assertThat(orders).hasSize(24);
    }

    @Test
    void noStrengthIsNoChange() {
        ImageBuffer image = ComposeTest.noise(5, 7);
        float[] before = ComposeTest.pixels(image);
        new ColorJitter(0, 0, 0, 0, 1).apply(image, new Philox(1, 1));
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.5f, -0.31f, 0, 0.01f, 1 / 3f, 0.5f})
    void hueAgreesWithTheTextbookForEveryKindOfColour(float turns) {
        float[] levels = {0, 1e-6f, 0.2f, 0.5f, 0.50001f, 1};   // ties, greys, primaries and near-greys
        int n = levels.length;
        float[] rgb = new float[3 * n * n * n];
        for (int i = 0; i < n * n * n; i++) {
            rgb[i] = levels[i % n];
            rgb[n * n * n + i] = levels[i / n % n];
            rgb[2 * n * n * n + i] = levels[i / n / n];
        }
        ImageBuffer image = new ImageBuffer().load(rgb, 0, n, n * n);
        ColorOps.hue(image, turns);
        for (int i = 0; i < n * n * n; i++) {
            double[] expected = turned(levels[i % n], levels[i / n % n], levels[i / n / n], turns);
            for (int c = 0; c < 3; c++)
                assertThat(image.plane(c)[i]).as("pixel %d", i).isCloseTo((float) expected[c], within(2e-6f));
        }
    }

    /// RGB to HSV and back as in Smith, "Color gamut transform pairs", 1978.
    private static double[] turned(double r, double g, double b, double turns) {
        double max = Math.max(r, Math.max(g, b)), min = Math.min(r, Math.min(g, b)), d = max - min;
        if (d == 0) return new double[] {r, g, b};
        double h = max == r ? (g - b) / d : max == g ? 2 + (b - r) / d : 4 + (r - g) / d;
        h = h / 6 + turns;
        h = 6 * (h - Math.floor(h));
        double s = d / max, f = h - Math.floor(h);
        double p = max * (1 - s), q = max * (1 - s * f), t = max * (1 - s * (1 - f));
        return switch ((int) h % 6) {
            case 0 -> new double[] {max, t, p};
            case 1 -> new double[] {q, max, p};
            case 2 -> new double[] {p, max, t};
            case 3 -> new double[] {p, q, max};
            case 4 -> new double[] {t, p, max};
            default -> new double[] {max, p, q};
        };
    }

    private static ImageBuffer grey(float value) {
        return new ImageBuffer().load(new float[] {value, value, value}, 0, 1, 1);
    }
}
