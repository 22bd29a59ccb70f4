package invar.core.testkit;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Shape;
import java.util.ArrayList;
import java.util.List;

/// Cases of matrix products and convolutions.
final class ContractionCases {

    /// Rows, inner extent, columns: single numbers, thin and long ones, some just off the sizes of tiles and blocks.
    private static final int[][] PRODUCTS = {
        {1, 1, 1}, {1, 7, 1}, {1, 129, 33}, {129, 1, 31}, {33, 17, 1}, {2, 3, 5}, {5, 7, 3}, {9, 5, 17}, {7, 31, 9},
        {17, 33, 31}, {31, 129, 33}, {65, 66, 67}, {3, 1031, 5}, {6, 257, 16}, {259, 9, 7}, {7, 9, 1031}
    };

    private ContractionCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (int[] mkn : PRODUCTS) {
            for (int flags = 0; flags < 4; flags++) products(cases, mkn[0], mkn[1], mkn[2], flags % 2 == 1, flags > 1);
        }
        convolutions(cases);
        return cases;
    }

    private static void products(List<Case> cases, int m, int k, int n, boolean ta, boolean tb) {
        MatMul op = new MatMul(ta, tb);
        Tolerance tolerance = Tolerance.terms(k);
        Input a = Input.gaussian(1, ta ? Shape.of(k, m) : Shape.of(m, k));
        Input b = Input.gaussian(2, tb ? Shape.of(n, k) : Shape.of(k, n));
        cases.add(Case.of("", op, tolerance, a, b));
        if (m * n < 500) cases.add(Case.of("outliers", op, tolerance, a.withEvery(11, 1000), b.withEvery(13, -1000)));
        if (k > 129 || m * n > 500) return;
        for (int batch : new int[] {1, 3}) {
            Input as = Input.gaussian(3, ta ? Shape.of(batch, k, m) : Shape.of(batch, m, k));
            Input bs = Input.gaussian(4, tb ? Shape.of(batch, n, k) : Shape.of(batch, k, n));
            cases.add(Case.of("batch", op, tolerance, as, bs));
        }
    }

    private static void convolutions(List<Case> cases) {
        // one output pixel; even extents; 1 × 1, with and without stride; a stem of 7 × 7 with stride 2
        convolution(cases, Shape.of(1, 1, 3, 3), 1, 3, 3, Conv2d.of(1, 0));
        convolution(cases, Shape.of(2, 3, 8, 9), 4, 3, 3, Conv2d.of(1, 1));
        convolution(cases, Shape.of(2, 3, 11, 10), 5, 3, 3, Conv2d.of(2, 1));
        convolution(cases, Shape.of(2, 5, 7, 9), 6, 1, 1, Conv2d.of(1, 0));
        convolution(cases, Shape.of(2, 4, 9, 7), 6, 1, 1, Conv2d.of(2, 0));
        convolution(cases, Shape.of(2, 3, 17, 19), 4, 7, 7, Conv2d.of(2, 3));
        convolution(cases, Shape.of(1, 2, 1, 33), 3, 1, 5, new Conv2d(1, 1, 0, 2, 1, 1, 1));
        // dilation; different values both ways; a kernel larger than the input; rows of the input that no window meets
        convolution(cases, Shape.of(1, 4, 9, 8), 3, 3, 3, new Conv2d(1, 1, 2, 2, 2, 2, 1));
        convolution(cases, Shape.of(2, 2, 8, 6), 3, 5, 3, new Conv2d(2, 1, 1, 2, 1, 1, 1));
        convolution(cases, Shape.of(2, 3, 9, 8), 2, 3, 4, new Conv2d(3, 2, 0, 1, 2, 1, 1));
        convolution(cases, Shape.of(1, 2, 2, 3), 5, 5, 5, Conv2d.of(1, 2));
        convolution(cases, Shape.of(1, 3, 9, 10), 2, 2, 1, Conv2d.of(4, 0));
        // groups, down to one channel each, also with two outputs for each
        convolution(cases, Shape.of(2, 6, 6, 5), 9, 3, 3, new Conv2d(1, 1, 1, 1, 1, 1, 3));
        convolution(cases, Shape.of(3, 5, 5, 7), 5, 3, 3, new Conv2d(1, 1, 1, 1, 1, 1, 5));
        convolution(cases, Shape.of(1, 3, 9, 5), 6, 3, 3, new Conv2d(2, 2, 1, 1, 1, 1, 3));
        // as in a residual network, with fewer pixels
        convolution(cases, Shape.of(2, 16, 12, 11), 24, 3, 3, Conv2d.of(1, 1));
        convolution(cases, Shape.of(1, 33, 9, 7), 31, 3, 3, Conv2d.of(2, 1));
        convolution(cases, Shape.of(3, 32, 7, 5), 65, 1, 1, Conv2d.of(2, 0));
        convolution(cases, Shape.of(5, 64, 2, 1), 33, 3, 3, Conv2d.of(1, 1));
        convolution(cases, Shape.of(2, 3, 33, 31), 8, 7, 7, Conv2d.of(2, 3));
    }

    private static void convolution(List<Case> cases, Shape x, int outputs, int kh, int kw, Conv2d conv) {
        Shape w = Shape.of(outputs, x.dim(1) / conv.groups(), kh, kw), y = conv.infer(x, w)[0];
        Input input = Input.gaussian(1, x), weight = Input.gaussian(2, w), dy = Input.gaussian(3, y);
        cases.add(Case.of("", conv, Tolerance.terms(w.product(1, 4)), input, weight));
        cases.add(Case.of("", new Conv2dInputGrad(conv, x.dim(2), x.dim(3)),
                Tolerance.terms((long) outputs / conv.groups() * kh * kw), dy, weight));
        cases.add(Case.of("", new Conv2dWeightGrad(conv, kh, kw),
                Tolerance.terms(y.elements() / outputs), input, dy));
    }
}
