package invar.core.testkit;

import invar.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What backends are tested on: awkward shapes, and all cases of all ops.
public final class Cases {

    /// Extents below, at and just off the widths of vectors and tiles; no tensor has two equal ones, so that a swapped
    /// axis shows.
    static final List<Shape> SHAPES = List.of(
            Shape.of(), Shape.of(1), Shape.of(3), Shape.of(33), Shape.of(4099), Shape.of(1, 17), Shape.of(9, 1),
            Shape.of(31, 33), Shape.of(129, 7), Shape.of(2, 3, 5), Shape.of(17, 1, 9), Shape.of(2, 3, 5, 7),
            Shape.of(3, 9, 7, 33));

    private Cases() {}

    /// Every case of every op.
    public static List<Case> all() {
        List<Case> all = new ArrayList<>();
        all.addAll(PointwiseCases.all());
        all.addAll(ReductionCases.all());
        all.addAll(ContractionCases.all());
        all.addAll(MovementCases.all());
        all.addAll(PoolingCases.all());
        all.addAll(UpdateCases.all());
        all.addAll(FusedCases.all());
        return all;
    }

    /// Every shape that broadcasts to `large`: each axis kept or of extent 1, with and without leading ones.
    static Set<Shape> broadcastingTo(Shape large) {
        Set<Shape> small = new LinkedHashSet<>();
        for (int kept = 0; kept < 1 << large.rank(); kept++) {
            int[] extents = large.extents();
            for (int axis = 0; axis < extents.length; axis++) {
                if ((kept >> axis & 1) == 0) extents[axis] = 1;
            }
            small.add(Shape.of(extents));
            int lead = 0;
            while (lead < extents.length && extents[lead] == 1) {
                lead++;
                small.add(Shape.of(Arrays.copyOfRange(extents, lead, extents.length)));
            }
        }
        return small;
    }
}
