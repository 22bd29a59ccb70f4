package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.ContractionOp.Conv2d;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("lanes")
class ConvTest {

    private static final int OFFSET = 3;

    /// Named shapes: (n, c, h, w) * (o, kh, kw), and the op. With vectors of eight, those with n ≥ 8 run with images as
    /// lanes, except rows of 16 and more with stride 1.
    static Stream<Arguments> shapes() {
        return Stream.of(
                shape("first layer", 17, 3, 9, 9, 16, 3, 3, Conv2d.of(2, 1)),
                shape("3x3", 33, 5, 8, 8, 7, 3, 3, Conv2d.of(1, 1)),
                shape("3x3 on 2x2", 31, 9, 2, 2, 12, 3, 3, Conv2d.of(1, 1)),
                shape("3x3 on 1x1", 9, 4, 1, 1, 5, 3, 3, Conv2d.of(1, 1)),
                shape("3x3 stride 2 on odd", 16, 6, 7, 5, 9, 3, 3, Conv2d.of(2, 1)),
                shape("shortcut", 17, 5, 7, 8, 10, 1, 1, Conv2d.of(2, 0)),
                shape("1x1", 9, 17, 3, 5, 3, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, odd", 9, 17, 7, 9, 13, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, one channel", 3, 1, 5, 7, 1, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, rows of 16", 2, 5, 3, 16, 17, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, several tasks", 5, 30, 33, 31, 7, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, deep", 3, 1030, 3, 4, 5, 1, 1, Conv2d.of(1, 0)),
                shape("1x1, deep, stride 2", 2, 1025, 5, 3, 1026, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on 1x1", 21, 3, 1, 1, 5, 1, 1, Conv2d.of(1, 0)),
                shape("1x1 on 1x1, stride 2", 21, 2, 1, 1, 17, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on 2x2, stride 2", 19, 3, 2, 2, 1, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on 8x8, stride 2", 5, 17, 8, 8, 3, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on 16x16, stride 2, one image", 1, 3, 16, 16, 5, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on rows of 32, stride 2", 3, 5, 9, 32, 17, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on odd rows, stride 2", 3, 5, 9, 31, 17, 1, 1, Conv2d.of(2, 0)),
                shape("1x1 on rows of 7, stride 2, one image", 1, 5, 7, 7, 1, 1, 1, Conv2d.of(2, 0)),
                shape("1x1, stride 3", 3, 5, 10, 17, 3, 1, 1, Conv2d.of(3, 0)),
                shape("1x1, stride 2 down only", 2, 3, 9, 16, 5, 1, 1, new Conv2d(2, 1, 0, 0, 1, 1, 1)),
                shape("1x1, stride 2 across only", 2, 3, 5, 2, 5, 1, 1, new Conv2d(1, 2, 0, 0, 1, 1, 1)),
                shape("1x1, padding", 3, 5, 4, 6, 17, 1, 1, Conv2d.of(2, 1)),
                shape("1x1, one image", 1, 5, 17, 33, 7, 1, 1, Conv2d.of(1, 0)),
                shape("patches", 9, 3, 12, 8, 5, 4, 4, Conv2d.of(4, 0)),
                shape("rows that no window reads", 9, 2, 11, 10, 3, 2, 2, Conv2d.of(5, 0)),
                shape("window larger than the image", 9, 2, 3, 3, 3, 7, 7, Conv2d.of(1, 3)),
                shape("padding beyond the window", 8, 2, 3, 4, 3, 2, 2, Conv2d.of(2, 3)),
                shape("unequal", 10, 3, 9, 13, 5, 3, 5, new Conv2d(2, 1, 0, 3, 1, 2, 1)),
                shape("dilated", 9, 3, 11, 12, 4, 3, 3, new Conv2d(1, 2, 2, 3, 2, 3, 1)),
                shape("stride and dilation share a factor", 9, 2, 13, 12, 3, 3, 4, new Conv2d(4, 6, 2, 5, 2, 4, 1)),
                shape("groups", 9, 6, 5, 5, 9, 3, 3, new Conv2d(1, 1, 1, 1, 1, 1, 3)),
                shape("depthwise", 9, 5, 7, 6, 10, 3, 3, new Conv2d(2, 2, 1, 1, 1, 1, 5)),
                shape("deep", 8, 130, 3, 3, 6, 3, 3, Conv2d.of(1, 1)),
                shape("very deep", 8, 330, 2, 2, 5, 1, 3, new Conv2d(1, 1, 0, 1, 1, 1, 1)),
                shape("one image", 1, 3, 9, 7, 6, 3, 3, Conv2d.of(1, 1)),
                shape("two images, deep", 2, 35, 5, 5, 4, 3, 3, Conv2d.of(2, 1)),
                shape("three images, groups", 3, 4, 6, 5, 6, 3, 3, new Conv2d(2, 1, 1, 2, 1, 2, 2)),
                shape("many images of a block", 67, 3, 4, 4, 5, 3, 3, Conv2d.of(1, 1)),
                shape("one image, wide", 1, 5, 3, 33, 17, 3, 3, Conv2d.of(1, 1)),
                shape("one image, stride 2", 1, 7, 9, 31, 9, 3, 3, Conv2d.of(2, 1)),
                shape("one image, stride 3", 1, 2, 9, 17, 3, 5, 5, Conv2d.of(3, 2)),
                shape("one image, shortcut", 1, 9, 7, 16, 5, 1, 1, Conv2d.of(2, 0)),
                shape("one pixel", 1, 3, 1, 1, 2, 1, 1, Conv2d.of(1, 0)),
                shape("three images, stride and dilation", 3, 2, 13, 12, 3, 3, 4, new Conv2d(4, 6, 2, 5, 2, 4, 1)),
                shape("three images, rows that no window reads", 3, 2, 11, 10, 3, 2, 2, Conv2d.of(5, 0)),
                shape("three images, window larger than the image", 3, 2, 3, 3, 3, 7, 7, Conv2d.of(1, 3)),
                shape("three images, padding beyond the window", 3, 2, 3, 4, 3, 2, 2, Conv2d.of(2, 3)),
                shape("two images, very deep", 2, 330, 3, 2, 5, 3, 3, new Conv2d(1, 1, 1, 1, 2, 1, 1)),
                shape("rows of 16", 3, 3, 5, 16, 8, 3, 3, Conv2d.of(1, 1)),
                shape("rows of 24", 17, 2, 3, 24, 5, 3, 3, Conv2d.of(1, 1)),
                shape("rows of 31, groups", 9, 6, 4, 31, 9, 3, 3, new Conv2d(1, 1, 1, 1, 1, 1, 3)),
                shape("rows of 32, dilated", 9, 3, 7, 32, 12, 3, 3, new Conv2d(1, 1, 2, 3, 2, 3, 1)),
                shape("rows of 16, deep", 8, 130, 3, 16, 6, 3, 3, Conv2d.of(1, 1)),
                shape("several bands", 16, 8, 40, 40, 4, 3, 3, Conv2d.of(1, 1)));
    }

    private static Arguments shape(String name, int n, int c, int h, int w, int o, int kh, int kw, Conv2d op) {
        return Arguments.of(name, new ConvShape(op, n, c, h, w, o, kh, kw));
    }

    private static float[] x(ConvShape s) {
        return Numbers.random(OFFSET + s.n() * s.c() * s.h() * s.w(), 1);
    }

    private static float[] weight(ConvShape s) {
        return Numbers.random(OFFSET + s.o() * s.groupInputs() * s.window(), 2);
    }

    private static float[] dy(ConvShape s) {
        return Numbers.random(OFFSET + s.n() * s.o() * s.outHeight() * s.outWidth(), 3);
    }

    /// Calls `body` with the index in x, w and y of every product of the convolution.
    private interface Triple {
        void visit(int x, int w, int y);
    }

    private static void eachProduct(ConvShape s, Triple body) {
        int oh = s.outHeight(), ow = s.outWidth(), cg = s.groupInputs();
        for (int n = 0; n < s.n(); n++) {
            for (int o = 0; o < s.o(); o++) {
                for (int i = 0; i < oh; i++) {
                    for (int j = 0; j < ow; j++) {
                        for (int c = 0; c < cg; c++) {
                            for (int u = 0; u < s.kh(); u++) {
                                for (int v = 0; v < s.kw(); v++) {
                                    int row = i * s.op().strideH() + u * s.op().dilationH() - s.op().padH();
                                    int column = j * s.op().strideW() + v * s.op().dilationW() - s.op().padW();
                                    if (row < 0 || row >= s.h() || column < 0 || column >= s.w()) {
                                        continue;
                                    }
                                    int channel = o / s.groupOutputs() * cg + c;
                                    body.visit(OFFSET + ((n * s.c() + channel) * s.h() + row) * s.w() + column,
                                            OFFSET + ((o * cg + c) * s.kh() + u) * s.kw() + v,
                                            OFFSET + ((n * s.o() + o) * oh + i) * ow + j);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A sum in double with what is needed for its error bound.
    private static final class Expected {

        final double[] sum, bound;
        final int[] terms;

        Expected(int length) {
            sum = new double[length];
            bound = new double[length];
            terms = new int[length];
        }

        void add(int at, double term) {
            sum[at] += term;
            bound[at] += Math.abs(term);
            terms[at]++;
        }

        void check(float[] actual, String what) {
            for (int i = 0; i < sum.length; i++) {
                bound[i] = Numbers.bound(terms[i], bound[i]);
            }
            for (int i = 0; i < OFFSET; i++) {                 // what lies before the result must stay
                sum[i] = -7;
            }
            Numbers.assertWithin(actual, sum, bound, what);
        }

        float[] fresh() {
            float[] result = new float[sum.length];
            Arrays.fill(result, Float.NaN);                    // must be overwritten without being read
            Arrays.fill(result, 0, OFFSET, -7);
            return result;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void computesTheFormula(String name, ConvShape s) {
        float[] x = x(s), w = weight(s);
        Expected expected = new Expected(dy(s).length);
        eachProduct(s, (xi, wi, yi) -> expected.add(yi, (double) x[xi] * w[wi]));
        float[] y = expected.fresh();
        Conv.forward(Parallel.INLINE, s, x, OFFSET, w, OFFSET, y, OFFSET);
        expected.check(y, name);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void itsInputGradientIsTheTransposeInX(String name, ConvShape s) {
        float[] dy = dy(s), w = weight(s);
        Expected expected = new Expected(x(s).length);
        eachProduct(s, (xi, wi, yi) -> expected.add(xi, (double) dy[yi] * w[wi]));
        float[] dx = expected.fresh();
        Conv.inputGrad(Parallel.INLINE, s, dy, OFFSET, w, OFFSET, dx, OFFSET);
        expected.check(dx, name);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void itsWeightGradientIsTheTransposeInW(String name, ConvShape s) {
        float[] dy = dy(s), x = x(s);
        Expected expected = new Expected(weight(s).length);
        eachProduct(s, (xi, wi, yi) -> expected.add(wi, (double) dy[yi] * x[xi]));
        float[] dw = expected.fresh();
        Conv.weightGrad(Parallel.INLINE, s, x, OFFSET, dy, OFFSET, dw, OFFSET);
        expected.check(dw, name);
    }

    @Test
    void isTheSameToTheLastBitOnAnyNumberOfThreads() {
        ConvShape[] shapes = {new ConvShape(Conv2d.of(1, 1), 70, 8, 9, 9, 12, 3, 3),
            new ConvShape(Conv2d.of(2, 1), 5, 8, 9, 9, 12, 3, 3),
            new ConvShape(Conv2d.of(1, 1), 9, 4, 17, 16, 6, 3, 3),
            new ConvShape(new Conv2d(1, 1, 1, 1, 1, 1, 2), 133, 6, 4, 4, 10, 3, 3),
            new ConvShape(Conv2d.of(1, 0), 9, 20, 9, 7, 12, 1, 1),
            new ConvShape(Conv2d.of(2, 0), 9, 20, 18, 20, 12, 1, 1)};
        for (ConvShape s : shapes) {
            float[] x = x(s), w = weight(s), dy = dy(s);
            float[][] one = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (Parallel p = new Parallel(threads)) {
                    float[][] results = {new float[dy.length], new float[x.length], new float[w.length]};
                    Conv.forward(p, s, x, OFFSET, w, OFFSET, results[0], OFFSET);
                    Conv.inputGrad(p, s, dy, OFFSET, w, OFFSET, results[1], OFFSET);
                    Conv.weightGrad(p, s, x, OFFSET, dy, OFFSET, results[2], OFFSET);
                    one = threads == 1 ? results : one;
                    assertThat(results).as("%s on %d threads", s, threads).isDeepEqualTo(one);
                }
            }
        }
    }
}
