package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.ContractionOp.Conv2d;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("lanes")
class ConvWinogradTest {

    private static final int OFFSET = 3;

    /// Images, input channels, height, width, output channels, padding, groups.
    static Stream<ConvShape> shapes() {
        return Stream.of(
                shape(8, 32, 4, 4, 32, 1, 1, 1),
                shape(9, 33, 5, 7, 32, 1, 1, 1),
                shape(17, 32, 4, 5, 47, 0, 0, 1),
                shape(33, 33, 4, 4, 33, 2, 2, 1),
                shape(8, 47, 9, 4, 33, 2, 0, 1),
                shape(8, 32, 17, 5, 32, 0, 1, 1),
                shape(9, 64, 7, 9, 66, 1, 2, 2),
                shape(8, 32, 3, 17, 34, 1, 1, 1),
                shape(8, 33, 5, 4, 32, 3, 3, 1),
                shape(9, 1, 3, 3, 1, 0, 0, 1),
                shape(3, 6, 1, 2, 9, 1, 1, 3),
                shape(8, 270, 4, 3, 5, 1, 1, 1),
                shape(8, 5, 4, 3, 270, 1, 1, 1),
                shape(8, 96, 40, 33, 3, 1, 1, 1));
    }

    private static ConvShape shape(int n, int c, int h, int w, int o, int padH, int padW, int groups) {
        return new ConvShape(new Conv2d(1, 1, padH, padW, 1, 1, groups), n, c, h, w, o, 3, 3);
    }

    /// The sum of the formula in double, and the sum of its magnitudes.
    private record Sums(double[] sum, double[] magnitude) {

        Sums(int length) {
            this(new double[length], new double[length]);
        }

        void add(int at, double term) {
            sum[at] += term;
            magnitude[at] += Math.abs(term);
        }
    }

    /// Calls `body` with the index in x, w and y of every product of the convolution.
    private interface Triple {
        void visit(int x, int w, int y);
    }

    private static void eachProduct(ConvShape s, Triple body) {
        int oh = s.outHeight(), ow = s.outWidth(), in = s.groupInputs();
        for (int map = 0; map < s.n() * s.o(); map++) {
            int n = map / s.o(), o = map % s.o();
            for (int tap = 0; tap < in * 9; tap++) {
                int c = tap / 9, channel = o / s.groupOutputs() * in + c;
                int down = tap % 9 / 3 - s.op().padH(), right = tap % 3 - s.op().padW();
                for (int i = Math.max(0, -down); i < Math.min(oh, s.h() - down); i++) {
                    for (int j = Math.max(0, -right); j < Math.min(ow, s.w() - right); j++) {
                        body.visit(((n * s.c() + channel) * s.h() + i + down) * s.w() + j + right, o * in * 9 + tap,
                                (map * oh + i) * ow + j);
                    }
                }
            }
        }
    }

    private static float[] fresh(int length) {
        float[] result = new float[OFFSET + length];
        Arrays.fill(result, Float.NaN);                        // must be overwritten without being read
        Arrays.fill(result, 0, OFFSET, -7);
        return result;
    }

    /// Transforms mix the pixels of a tile, so an element's error is one of the whole tile, and is measured by the
    /// largest sum of magnitudes. Roundings add up like the root of their number: sixteen of them at once, in the same
    /// direction and on that sum, do not occur, while a wrong term is hundreds of times larger.
    private static void assertNear(float[] actual, Sums expected) {
        double largest = Arrays.stream(expected.magnitude()).max().orElseThrow();
        double[] sum = new double[actual.length], bound = new double[actual.length];
        Arrays.fill(sum, 0, OFFSET, -7);                       // what lies before the result must stay
        System.arraycopy(expected.sum(), 0, sum, OFFSET, expected.sum().length);
        Arrays.fill(bound, OFFSET, bound.length, 16 * 0x1p-24 * largest);
        Numbers.assertWithin(actual, sum, bound, "result");
    }

    private static float[] x(ConvShape s) {
        return Numbers.random(OFFSET + s.n() * s.c() * s.h() * s.w(), 1);
    }

    private static float[] weight(ConvShape s) {
        return Numbers.random(OFFSET + s.o() * s.groupInputs() * 9, 2);
    }

    private static float[] dy(ConvShape s) {
        return Numbers.random(OFFSET + s.n() * s.o() * s.outHeight() * s.outWidth(), 3);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void computesTheSumOfTheFormula(ConvShape s) {
        float[] x = x(s), w = weight(s), y = fresh(dy(s).length - OFFSET);
        Sums expected = new Sums(y.length - OFFSET);
        eachProduct(s, (xi, wi, yi) -> expected.add(yi, (double) x[OFFSET + xi] * w[OFFSET + wi]));
        ConvWinograd.forward(Parallel.INLINE, s, x, OFFSET, w, OFFSET, y, OFFSET);
        assertNear(y, expected);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void itsInputGradientIsTheTransposeInX(ConvShape s) {
        float[] dy = dy(s), w = weight(s), dx = fresh(x(s).length - OFFSET);
        Sums expected = new Sums(dx.length - OFFSET);
        eachProduct(s, (xi, wi, yi) -> expected.add(xi, (double) dy[OFFSET + yi] * w[OFFSET + wi]));
        ConvWinograd.inputGrad(Parallel.INLINE, s, dy, OFFSET, w, OFFSET, dx, OFFSET);
        assertNear(dx, expected);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void isTheSameToTheLastBitOnAnyNumberOfThreads(ConvShape s) {
        float[] x = x(s), w = weight(s), dy = dy(s), y = fresh(dy.length - OFFSET), dx = fresh(x.length - OFFSET);
        ConvWinograd.forward(Parallel.INLINE, s, x, OFFSET, w, OFFSET, y, OFFSET);
        ConvWinograd.inputGrad(Parallel.INLINE, s, dy, OFFSET, w, OFFSET, dx, OFFSET);
        for (int threads = 2; threads <= 3; threads++) {
            try (Parallel p = new Parallel(threads)) {
                float[] y2 = fresh(y.length - OFFSET), dx2 = fresh(dx.length - OFFSET);
                ConvWinograd.forward(p, s, x, OFFSET, w, OFFSET, y2, OFFSET);
                ConvWinograd.inputGrad(p, s, dy, OFFSET, w, OFFSET, dx2, OFFSET);
                assertThat(y2).as("y on %d threads", threads).isEqualTo(y);
                assertThat(dx2).as("dx on %d threads", threads).isEqualTo(dx);
            }
        }
    }

    @Test
    void servesWindowsOfThreeByThreeOnManyImagesAndChannels() {
        assertThat(ConvWinograd.suits(shape(64, 64, 8, 8, 64, 1, 1, 1))).isTrue();
        assertThat(ConvWinograd.suits(shape(Lanes.COLUMNS / 2 - 1, 64, 8, 8, 64, 1, 1, 1))).as("few images").isFalse();
        assertThat(ConvWinograd.suits(shape(64, 64, 8, 8, 64, 1, 1, 64))).as("depthwise").isFalse();
        assertThat(ConvWinograd.suits(shape(64, 64, 2, 2, 64, 1, 1, 1))).as("2 × 2 images").isFalse();
        assertThat(ConvWinograd.suits(new ConvShape(Conv2d.of(2, 1), 64, 64, 8, 8, 64, 3, 3))).as("stride").isFalse();
        assertThat(ConvWinograd.suits(new ConvShape(Conv2d.of(1, 0), 64, 64, 8, 8, 64, 1, 1))).as("1x1").isFalse();
        Conv2d dilated = new Conv2d(1, 1, 1, 1, 2, 1, 1);
        assertThat(ConvWinograd.suits(new ConvShape(dilated, 64, 64, 8, 8, 64, 3, 3))).as("dilation").isFalse();
    }
}
