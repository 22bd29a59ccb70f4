package invar.core.testkit;

import invar.core.Shape;
import invar.core.UpdateOp.Advance;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Fill;
import invar.core.UpdateOp.PutRows;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;
import java.util.ArrayList;
import java.util.List;

/// Cases of the in-place updates.
final class UpdateCases {

    /// Sums of a few products.
    private static final Tolerance FEW = Tolerance.terms(4);

    private static final List<Shape> PARAMETERS =
            List.of(Shape.of(), Shape.of(1), Shape.of(7), Shape.of(33), Shape.of(31, 129), Shape.of(3, 2, 5, 7));

    private UpdateCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (Shape shape : PARAMETERS) {
            assignments(cases, shape);
            optimisers(cases, shape);
            for (double value : new double[] {0, -2.5, Double.NaN, Double.NEGATIVE_INFINITY}) {
                cases.add(Case.of("", new Fill(value), Tolerance.EXACT, Input.gaussian(1, shape)));
            }
        }
        for (int at : new int[] {0, 1, 3, 6, 7, -1, -2, -3}) {              // the last ones are, in part, outside
            places(cases, at, Shape.of(7), Shape.of(2));
            places(cases, at, Shape.of(7, 33), Shape.of(2, 33));
            places(cases, at, Shape.of(9, 3, 5), Shape.of(3, 3, 5));
        }
        for (int size : new int[] {1, 2, 3, 5, 33, 4099}) {
            cases.add(Case.of("", new Advance(256, 1000), Tolerance.EXACT,
                    Input.integersBelow(1000, 1, Shape.of(size))));
            for (long seed : new long[] {0, 42, -7, 0x1234_5678_9ABC_DEF0L}) {
                Input y = Input.gaussian(1, Shape.of(size));
                cases.add(Case.of("", new Random(Distribution.UNIFORM, seed, ~seed), Tolerance.EXACT, y));
                cases.add(Case.of("", new Random(Distribution.NORMAL, seed, ~seed), FEW.slack(1), y));
            }
        }
        return cases;
    }

    private static void places(List<Case> cases, int at, Shape to, Shape from) {
        Input place = Input.integers(Shape.of(), at);
        cases.add(Case.of("at " + at, new PutRows(), Tolerance.EXACT, Input.gaussian(1, to), Input.gaussian(2, from),
                place));
        cases.add(Case.of("integers at " + at, new PutRows(), Tolerance.EXACT, Input.integersBelow(1000, 1, to),
                Input.integersBelow(1000, 2, from), place));
    }

    private static void assignments(List<Case> cases, Shape shape) {
        Input y = Input.gaussian(1, shape), x = Input.gaussian(2, shape);
        cases.add(Case.of("", Assign.COPY, Tolerance.EXACT, y, x));
        cases.add(Case.of("", Assign.ACCUMULATE, FEW, y, x));
        cases.add(Case.of("", Assign.DESCEND, FEW, y, x, Input.scalar(0.3)));
        cases.add(Case.of("", Assign.AVERAGE, FEW, y, x, Input.scalar(0.996)));
        cases.add(Case.of("decay 1", Assign.AVERAGE, FEW, y, x, Input.scalar(1)));
        Input m = Input.integersBelow(1000, 1, shape), n = Input.integersBelow(1000, 2, shape);
        cases.add(Case.of("integers", Assign.COPY, Tolerance.EXACT, m, n));
        cases.add(Case.of("integers", Assign.ACCUMULATE, Tolerance.EXACT, m, n));
    }

    private static void optimisers(List<Case> cases, Shape shape) {
        Input p = Input.gaussian(1, shape), m = Input.gaussian(2, shape), g = Input.gaussian(3, shape);
        Input v = Input.gaussian(4, shape).map(x -> x * x), zero = p.scale(0), lr = Input.scalar(0.05);
        for (boolean flag : new boolean[] {false, true}) {
            cases.add(Case.of("", new SgdUpdate(0.9, 1e-4, flag), FEW, p, m, g, lr));
            cases.add(Case.of("", new SgdUpdate(0, 0, flag), FEW, p, m, g, lr));
            AdamUpdate adam = new AdamUpdate(0.9, 0.999, 1e-8, 0.05, flag);
            cases.add(Case.of("first step", adam, FEW, p, zero, zero, g, lr, Input.scalar(1)));
            cases.add(Case.of("later step", adam, FEW, p, m, v, g.scale(1e-6), lr, Input.scalar(1000)));
            cases.add(Case.of("nothing to do", new AdamUpdate(0.9, 0.98, 1e-8, 0, flag), FEW,
                    p, zero, zero, zero, lr, Input.scalar(3)));
        }
        Tolerance norms = Tolerance.terms(4 + shape.elements());
        for (LarsUpdate.Form form : LarsUpdate.Form.values()) {
            for (int flags = 0; flags < 8; flags++) {
                boolean nesterov = (flags & 1) != 0, clip = (flags & 2) != 0, adapt = (flags & 4) != 0;
                LarsUpdate lars = new LarsUpdate(form, 1e-3, 0.9, 1e-4, nesterov, clip, adapt);
                cases.add(Case.of("", lars, norms, p, m, g, lr));
                if (flags % 4 != 0) continue;
                cases.add(Case.of("zero parameter", lars, norms, zero, m, g, lr));
                cases.add(Case.of("zero gradient", lars, norms, p, m, zero, lr));
                LarsUpdate clipped = new LarsUpdate(form, 1, 0.9, 0, nesterov, true, adapt);
                cases.add(Case.of("tiny gradient", clipped, norms, p, m, g.scale(1e-4), lr));
            }
        }
    }
}
