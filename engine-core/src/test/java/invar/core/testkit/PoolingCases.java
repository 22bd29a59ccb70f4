package invar.core.testkit;

import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.Shape;
import java.util.ArrayList;
import java.util.List;

/// Cases of pooling.
final class PoolingCases {

    /// Kernel, stride, padding: halves, the stem of a residual network, overlaps, gaps, single pixels.
    private static final int[][] WINDOWS =
            {{2, 2, 0}, {3, 2, 1}, {3, 1, 1}, {3, 3, 0}, {2, 3, 1}, {1, 1, 0}, {5, 2, 2}, {1, 2, 0}};

    private static final List<Shape> IMAGES =
            List.of(Shape.of(1, 2, 7, 9), Shape.of(2, 3, 6, 5), Shape.of(3, 1, 33, 17), Shape.of(1, 5, 5, 31));

    private PoolingCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (int[] w : WINDOWS) {
            for (Shape x : IMAGES) {
                maxima(cases, x, new MaxPool2d(w[0], w[1], w[2]));
                means(cases, x, new AvgPool2d(w[0], w[1], w[2]));
            }
        }
        return cases;
    }

    private static void maxima(List<Case> cases, Shape shape, MaxPool2d op) {
        Input x = Input.gaussian(1, shape);
        Input ties = Input.integersBelow(2, 2, shape).map(v -> v);
        cases.add(Case.of("", op, Tolerance.EXACT, x));
        cases.add(Case.of("all negative", op, Tolerance.EXACT, x.map(v -> -1 - v * v)));
        cases.add(Case.of("ties", op, Tolerance.EXACT, ties));
        cases.add(Case.of("only −∞", op, Tolerance.EXACT, x.withEvery(1, Double.NEGATIVE_INFINITY)));
        Shape y = op.infer(shape)[0];
        Input dy = Input.gaussian(3, y);
        Input places = Input.integersBelow(shape.dim(2) * shape.dim(3), 4, y);
        long windows = y.product(2, 4);
        cases.add(Case.of("any places, for " + op, new MaxPool2dGrad(shape.dim(2), shape.dim(3)),
                Tolerance.terms(windows), dy, places));
        for (Input values : List.of(x, ties)) {
            cases.add(Case.gradient(values == x ? "" : "ties", op, Tolerance.terms(windows), values, dy));
        }
    }

    private static void means(List<Case> cases, Shape shape, AvgPool2d op) {
        Input dy = Input.gaussian(3, op.infer(shape)[0]);
        Tolerance tolerance = Tolerance.terms((long) op.kernel() * op.kernel());
        cases.add(Case.of("", op, tolerance, Input.gaussian(1, shape)));
        cases.add(Case.of("", new AvgPool2dGrad(op, shape.dim(2), shape.dim(3)), tolerance, dy));
    }
}
