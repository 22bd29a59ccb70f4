package invar.core.testkit;

import invar.core.Op;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// Cases of the ops that work element by element. NaN stays NaN, through maxima too.
final class PointwiseCases {

    private static final double NAN = Double.NaN, INFINITY = Double.POSITIVE_INFINITY;

    /// Where functions bend, vanish, saturate, overflow or have no value.
    private static final double[] NOTABLE = {
        0, -0.0, 1, -1, 0.5, -0.5, 1e-4, -1e-4, 1e-20, -1e-20, 1 + 0x1p-20, 3, -3, 5, -5, 8, -8, 17, -17, 40, -40, 87,
        -87, 100, -100, 1e3, -1e3, 1e10, -1e10, 1e30, -1e30, INFINITY, -INFINITY, NAN
    };

    private static final List<Shape> BROADCAST = List.of(
            Shape.of(), Shape.of(33), Shape.of(3, 129), Shape.of(129, 2), Shape.of(2, 17, 9), Shape.of(2, 3, 5, 7),
            Shape.of(9, 1, 31, 2), Shape.of(2, 5, 3, 33));

    private PointwiseCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (Unary f : Unary.values()) unary(cases, f);
        for (Binary f : Binary.values()) binary(cases, f);
        for (Op f : List.of(new Affine(1, 0), new Affine(-2.5, 0.3), new Affine(0, 7), new Affine(1e-3, 1e3))) {
            for (Shape shape : Cases.SHAPES) {
                cases.add(Case.of("", f, Tolerance.terms(1), Input.gaussian(1, shape)));
            }
        }
        for (Op f : List.of(new ClampMin(0), new ClampMin(-0.5), new ClampMin(1e-12), new ClampMin(-Float.MAX_VALUE))) {
            cases.add(Case.of("", f, Tolerance.terms(1), Input.gaussian(1, Shape.of(31, 33))));
            cases.add(notable(f, Tolerance.terms(1)));
        }
        return cases;
    }

    private static void unary(List<Case> cases, Unary f) {
        Tolerance tolerance = switch (f) {
            case NEG, ABS, SIGN, RELU, STEP -> Tolerance.EXACT;
            case GELU, GELU_SLOPE -> Tolerance.terms(1).slack(1);               // 1 + erf cancels
            default -> Tolerance.terms(1);
        };
        DoubleUnaryOperator domain = switch (f) {
            case LOG, SQRT -> x -> x * x + 1e-3;
            case RECIPROCAL -> x -> x + Math.signum(x) * 0.1;
            default -> x -> x;
        };
        for (Shape shape : Cases.SHAPES) {
            cases.add(Case.of("", f, tolerance, Input.gaussian(1, shape).map(domain)));
        }
        cases.add(Case.of("spread wide", f, tolerance, Input.gaussian(2, Shape.of(7, 129)).scale(5).map(domain)));
        cases.add(notable(f, tolerance));
    }

    private static Case notable(Op f, Tolerance tolerance) {
        int unstated = f == Unary.SIGN || f == Unary.STEP ? 1 : f == Unary.GELU || f == Unary.GELU_SLOPE ? 5 : 0;
        double[] values = Arrays.copyOf(NOTABLE, NOTABLE.length - unstated);
        return Case.of("notable values", f, tolerance, Input.of(Shape.of(values.length), values));
    }

    private static void binary(List<Case> cases, Binary f) {
        Tolerance tolerance = switch (f) {
            case MAX, EQUAL, LESS -> Tolerance.EXACT;
            default -> Tolerance.terms(1);
        };
        for (Shape large : BROADCAST) {
            for (Shape small : Cases.broadcastingTo(large)) {
                Input x = Input.gaussian(1, large), y = Input.gaussian(2, small);
                if (f == Binary.DIV) y = y.map(v -> v + Math.signum(v) * 0.1);
                cases.add(Case.of("", f, tolerance, x, y));
            }
        }
        Shape flat = Shape.of(4099);
        Input ties = Input.integersBelow(3, 1, flat).map(v -> v - 1);
        Input more = Input.integersBelow(3, 2, flat).map(v -> v - 1);
        if (f != Binary.DIV) cases.add(Case.of("many ties", f, tolerance, ties, more));
        Shape square = Shape.of(NOTABLE.length, NOTABLE.length);
        Input rows = Input.of(square, pairs(true)), columns = Input.of(square, pairs(false));
        cases.add(Case.of("notable pairs", f, tolerance, rows, columns));
    }

    /// NOTABLE against itself: the first of each pair, or the second.
    private static double[] pairs(boolean first) {
        int n = NOTABLE.length;
        double[] values = new double[n * n];
        for (int i = 0; i < values.length; i++) values[i] = NOTABLE[first ? i / n : i % n];
        return values;
    }
}
