package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShapesTest {

    private static final int SIDE = 24;
    private final Shapes shapes = Shapes.train(7, 2000, SIDE);

    @Test
    void anImageIsAFunctionOfSeedPartAndIndex() {
        byte[] image = read(shapes, 5);
        read(shapes, 9);
        assertThat(read(Shapes.train(7, 10, SIDE), 5)).isEqualTo(image);
        assertThat(read(shapes, 6)).isNotEqualTo(image);
        assertThat(read(Shapes.train(8, 10, SIDE), 5)).isNotEqualTo(image);
        assertThat(read(Shapes.test(7, 10, SIDE), 5)).isNotEqualTo(image);
    }

    @Test
    void workersAgree() {
        byte[][] parallel = new byte[100][];
        IntStream.range(0, 100).parallel().forEach(i -> parallel[i] = read(shapes, i));
        for (int i = 99; i >= 0; i--) assertThat(parallel[i]).isEqualTo(read(shapes, i));
    }

    @Test
    void factorsFillTheirRangesEvenly() {
        for (Factor factor : Factor.values()) {
            double mean = 0;
            for (int i = 0; i < shapes.size(); i++) {
                double value = shapes.factors(i).value(factor);
                assertThat(value).as(factor.name()).isGreaterThanOrEqualTo(factor.low()).isLessThan(factor.high());
                mean += value / shapes.size();
            }
            double top = factor.isCategorical() ? factor.high() - 1 : factor.high(), width = top - factor.low();
            assertThat(mean).as(factor.name()).isCloseTo((factor.low() + top) / 2, within(0.03 * width));
        }
    }

    @Test
    void theLabelIsTheShape() {
        assertThat(shapes.classes()).hasSize(10).startsWith("disc", "ring").endsWith("l", "gear");
        int[] count = new int[10];
        for (int i = 0; i < shapes.size(); i++) {
            assertThat(shapes.label(i)).isEqualTo((int) shapes.factors(i).value(Factor.SHAPE));
            count[shapes.label(i)]++;
        }
        assertThat(Arrays.stream(count).min().orElseThrow()).isGreaterThan(150);
    }

    @ParameterizedTest
    @EnumSource(Factor.class)
    void movingAFactorChangesItAloneAndTheImage(Factor moved) {
        byte[] image = new byte[3 * SIDE * SIDE];
        double delta = moved.isCategorical() ? 1 : 0.4 * (moved.high() - moved.low());
        ShapeFactors before = shapes.factors(3).with(Factor.SHAPE, 5).with(Factor.CONTRAST, 0.5);
        ShapeFactors after = before.move(moved, delta);
        for (Factor factor : Factor.values())
            if (factor != moved) assertThat(after.value(factor)).isEqualTo(before.value(factor));
        assertThat(after.value(moved)).isNotEqualTo(before.value(moved));
        byte[] first = image.clone(), second = image.clone();
        Shapes.render(before, SIDE, first);
        Shapes.render(after, SIDE, second);
        assertThat(second).isNotEqualTo(first);
        shapes.readMoved(3, moved, 0, image);
        assertThat(image).isEqualTo(read(shapes, 3));
    }

    @Test
    void aFullTurnOfAPeriodicFactorIsNoChange() {
        for (Factor factor : Factor.values()) {
            if (factor.period() == 0) continue;
            ShapeFactors factors = shapes.factors(0);
            for (double turns : new double[] {1, -3})
                assertThat(factors.move(factor, turns * factor.period()).value(factor))
                        .isCloseTo(factors.value(factor), within(1e-12));
        }
    }

    @Test
    void movingRightByOnePixelMovesThePixels() {
        ShapeFactors still = shapes.factors(1).with(Factor.NOISE, 0).with(Factor.BLUR, 0).with(Factor.X, 0)
                .with(Factor.Y, 0).with(Factor.SCALE, 0.5);
        byte[] first = new byte[3 * SIDE * SIDE], second = first.clone();
        Shapes.render(still, SIDE, first);
        Shapes.render(still.move(Factor.X, 2.0 / SIDE), SIDE, second);
        for (int row = 0; row < 3 * SIDE; row++)
            for (int x = 1; x < SIDE; x++)
                assertThat(second[row * SIDE + x] & 0xFF)
                        .isCloseTo(first[row * SIDE + x - 1] & 0xFF, within(1));
    }

    @ParameterizedTest
    @EnumSource(Outline.class)
    void everyOutlineLiesInTheUnitCircleAndItsDistanceIsOne(Outline outline) {
        double inside = 0;
        for (int i = 0; i < 360; i++) {
            double angle = Math.toRadians(i);
            assertThat(outline.distance((float) Math.cos(angle), (float) Math.sin(angle))).isGreaterThan(-0.02f);
        }
        for (float y = -1.5f; y < 1.5f; y += 0.05f)
            for (float x = -1.5f; x < 1.5f; x += 0.05f) {
                float d = outline.distance(x, y);
                if (d < 0) inside += 0.05 * 0.05;
                // a distance cannot change faster than the position
                assertThat(Math.abs(outline.distance(x + 0.01f, y) - d)).isLessThan(0.0102f);
                assertThat(Math.abs(outline.distance(x, y + 0.01f) - d)).isLessThan(0.0102f);
            }
        assertThat(inside).isBetween(0.5, 2.6);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 7, 33, 129})
    void anySizeCanBeDrawn(int side) {
        Shapes sized = Shapes.test(1, 3, side);
        assertThat(sized.shape()).isEqualTo(new ImageShape(3, side, side));
        for (int i = 0; i < 3; i++) {
            byte[] image = read(sized, i);
            assertThat(IntStream.range(0, image.length).map(k -> image[k]).distinct().count()).isGreaterThan(3);
        }
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> Shapes.train(0, 0, 32)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("size must be at least 1");
        assertThatThrownBy(() -> Shapes.train(0, 1, 3)).hasMessageContaining("side must be at least 4");
        assertThatThrownBy(() -> shapes.label(2000)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> shapes.read(0, 1, new byte[1])).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static byte[] read(Dataset set, int index) {
        byte[] image = new byte[set.shape().size()];
        set.read(index, image);
        return image;
    }
}
