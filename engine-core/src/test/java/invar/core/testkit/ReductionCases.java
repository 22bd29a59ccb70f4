package invar.core.testkit;

import invar.core.Op;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Shape;
import java.util.ArrayList;
import java.util.List;

/// Cases of the ops that sum, spread, or normalise along axes.
final class ReductionCases {

    private static final List<Shape> LARGE = List.of(
            Shape.of(), Shape.of(129), Shape.of(4099), Shape.of(3, 129), Shape.of(129, 3), Shape.of(2, 17, 9),
            Shape.of(9, 2, 33), Shape.of(2, 3, 5, 7), Shape.of(7, 1, 31, 2), Shape.of(5, 9, 3, 17));

    private ReductionCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (Shape large : LARGE) {
            for (Shape small : Cases.broadcastingTo(large)) {
                long n = large.elements() / small.elements();
                Input x = Input.gaussian(1, large);
                cases.add(Case.of("", new SumTo(small), Tolerance.terms(n), x));
                cases.add(Case.of("", new MaxTo(small), Tolerance.EXACT, x));
                cases.add(Case.of("", new BroadcastTo(large), Tolerance.EXACT, Input.gaussian(1, small)));
            }
        }
        Input far = Input.gaussian(2, Shape.of(31, 33)).map(x -> 1000 + x);
        for (Shape to : List.of(Shape.of(), Shape.of(33), Shape.of(31, 1))) {
            cases.add(Case.of("values of 1000", new SumTo(to), Tolerance.terms(1023), far));
            cases.add(Case.of("all negative", new MaxTo(to), Tolerance.EXACT, far.scale(-1)));
            cases.add(Case.of("with NaN", new MaxTo(to), Tolerance.EXACT, far.withEvery(100, Double.NaN)));
            cases.add(Case.of("with −∞", new MaxTo(to), Tolerance.EXACT, far.withEvery(1, Double.NEGATIVE_INFINITY)));
        }
        for (Shape shape : List.of(Shape.of(1), Shape.of(129), Shape.of(9, 1), Shape.of(1, 17), Shape.of(31, 33),
                Shape.of(2, 129, 3), Shape.of(5, 2, 1031), Shape.of(2, 3, 5, 7))) {
            for (int axis = 0; axis < shape.rank(); axis++) softmaxes(cases, shape, axis);
        }
        return cases;
    }

    private static void softmaxes(List<Case> cases, Shape shape, int axis) {
        int n = shape.dim(axis);
        Input x = Input.gaussian(3, shape);
        for (Op op : List.of(new LogSumExp(axis), new Softmax(axis), new LogSoftmax(axis))) {
            Tolerance tolerance = Tolerance.terms(n);
            cases.add(Case.of("", op, tolerance, x));
            cases.add(Case.of("outliers", op, tolerance, x.withEvery(7, 1000)));
            cases.add(Case.of("scaled by 1000", op, tolerance, x.scale(1000)));
            cases.add(Case.of("all equal", op, tolerance, x.withEvery(1, -3)));
            cases.add(Case.of("some −∞", op, tolerance, x.withEvery(3, Double.NEGATIVE_INFINITY).withEvery(6, 1)));
        }
        Input nothing = x.withEvery(1, Double.NEGATIVE_INFINITY);
        cases.add(Case.of("only −∞", new LogSumExp(axis), Tolerance.EXACT, nothing));
    }
}
