package invar.core.testkit;

import invar.core.MovementOp.Concat;
import invar.core.MovementOp.Embed;
import invar.core.MovementOp.FillDiagonal;
import invar.core.MovementOp.Gather;
import invar.core.MovementOp.OneHot;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Scatter;
import invar.core.MovementOp.Slice;
import invar.core.Op;
import invar.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;

/// Cases of the ops that move elements.
final class MovementCases {

    private static final int[][] PERMUTATIONS = {
        {0}, {1, 0}, {0, 1}, {0, 2, 1}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}, {0, 1, 2}, {0, 2, 3, 1},
        {0, 3, 1, 2}, {0, 2, 1, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}, {1, 2, 3, 0}
    };

    private MovementCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (int[] order : PERMUTATIONS) permutations(cases, order);
        for (Shape shape : List.of(Shape.of(33), Shape.of(9, 17), Shape.of(3, 129, 2), Shape.of(2, 5, 3, 7))) {
            for (int axis = 0; axis < shape.rank(); axis++) pieces(cases, shape, axis);
            cases.add(exact(new Reshape(Shape.of((int) shape.elements())), Input.gaussian(1, shape)));
        }
        rows(cases);
        for (Shape shape : List.of(Shape.of(1, 1), Shape.of(7, 7), Shape.of(3, 9), Shape.of(33, 5))) {
            cases.add(exact(new FillDiagonal(0), Input.gaussian(1, shape)));
            cases.add(exact(new FillDiagonal(Double.NEGATIVE_INFINITY), Input.gaussian(1, shape)));
        }
        cases.add(exact(new OneHot(1), Input.integers(Shape.of(3), 0, 0, 0)));
        cases.add(exact(new OneHot(5), Input.integers(Shape.of(7), 0, 4, 2, 2, 1, 3, 0)));
        cases.add(Case.of("labels that are no class", new OneHot(3), Tolerance.EXACT,
                Input.integers(Shape.of(6), -1, 0, 3, -100, 2, Integer.MAX_VALUE)));
        cases.add(exact(new OneHot(33), Input.integersBelow(33, 1, Shape.of(129))));
        return cases;
    }

    private static Case exact(Op op, Input... in) {
        return Case.of("", op, Tolerance.EXACT, in);
    }

    private static void permutations(List<Case> cases, int[] order) {
        for (int[] extents : new int[][] {{2, 3, 5, 7}, {9, 33, 2, 17}, {1, 5, 31, 1}}) {
            int[] some = Arrays.copyOf(extents, order.length);
            cases.add(exact(Permute.of(order), Input.gaussian(1, Shape.of(some))));
        }
    }

    private static void pieces(List<Case> cases, Shape shape, int axis) {
        int n = shape.dim(axis);
        Input x = Input.gaussian(1, shape);
        List<Slice> slices = List.of(new Slice(axis, 0, 1), new Slice(axis, n - 2, n), new Slice(axis, n / 3, n));
        for (Slice slice : new LinkedHashSet<>(slices)) {
            cases.add(exact(slice, x));
        }
        cases.add(exact(new Embed(axis, 0, n), x));
        cases.add(exact(new Embed(axis, 0, n + 2), x));
        cases.add(exact(new Embed(axis, 3, n + 4), x));
        cases.add(exact(new Concat(axis), x));
        Input longer = Input.gaussian(2, shape.with(axis, n + 6)), one = Input.gaussian(3, shape.with(axis, 1));
        cases.add(exact(new Concat(axis), x, longer));
        cases.add(exact(new Concat(axis), one, x, one, longer));
    }

    private static void rows(List<Case> cases) {
        for (Shape table : List.of(Shape.of(5), Shape.of(1, 7), Shape.of(9, 1), Shape.of(17, 33), Shape.of(7, 3, 5))) {
            for (Shape many : List.of(Shape.of(), Shape.of(1), Shape.of(31), Shape.of(3, 2))) {
                Input index = Input.integersBelow(table.dim(0), 1, many);
                cases.add(exact(new Gather(), Input.gaussian(1, table), index));
                int[] x = new int[many.rank() + table.rank() - 1];
                for (int i = 0; i < x.length; i++) {
                    x[i] = i < many.rank() ? many.dim(i) : table.dim(i - many.rank() + 1);
                }
                cases.add(Case.of("", new Scatter(table.dim(0)), Tolerance.terms(many.elements()),
                        Input.gaussian(2, Shape.of(x)), index));
            }
        }
        cases.add(Case.of("all into one row", new Scatter(4), Tolerance.terms(129),
                Input.gaussian(3, Shape.of(129, 3)), Input.integers(Shape.of(129), new int[129])));
    }
}
