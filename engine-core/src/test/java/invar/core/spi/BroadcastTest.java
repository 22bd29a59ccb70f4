package invar.core.spi;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Shape;
import org.junit.jupiter.api.Test;

final class BroadcastTest {

    private static void merges(Shape large, Shape small, int[] extents, long... strides) {
        Broadcast broadcast = Broadcast.of(large, small);
        assertThat(broadcast.extents()).as("extents of %s in %s", small, large).containsExactly(extents);
        assertThat(broadcast.strides()).as("strides of %s in %s", small, large).containsExactly(strides);
    }

    @Test
    void commonPatternsBecomeFewRuns() {
        merges(Shape.of(2, 3, 5), Shape.of(2, 3, 5), new int[] {30}, 1);                    // the same shape
        merges(Shape.of(2, 3, 5), Shape.of(), new int[] {30}, 0);                           // a scalar
        merges(Shape.of(2, 3, 5), Shape.of(5), new int[] {6, 5}, 0, 1);                     // a row
        merges(Shape.of(2, 3, 5), Shape.of(2, 3, 1), new int[] {6, 5}, 1, 0);               // a column
        merges(Shape.of(2, 3, 5, 7), Shape.of(3, 1, 1), new int[] {2, 3, 35}, 0, 1, 0);     // channels of images
        merges(Shape.of(2, 3, 5, 7), Shape.of(2, 1, 5, 1), new int[] {2, 3, 5, 7}, 5, 0, 1, 0);
    }

    @Test
    void axesOfExtentOneBelongToAnyRun() {
        merges(Shape.of(), Shape.of(), new int[] {1}, 1);
        merges(Shape.of(1, 1), Shape.of(1), new int[] {1}, 1);
        merges(Shape.of(2, 1, 3), Shape.of(2, 1, 3), new int[] {6}, 1);
        merges(Shape.of(2, 1, 3), Shape.of(1, 3), new int[] {2, 3}, 0, 1);
    }

    /// The place by the rule of broadcasting, axis by axis, against that of the merged axes.
    @Test
    void placesAreThoseOfTheUnmergedAxes() {
        Shape large = Shape.of(2, 3, 5, 7);
        for (int kept = 0; kept < 16; kept++) {
            int[] extents = large.extents();
            for (int axis = 0; axis < 4; axis++) {
                if ((kept >> axis & 1) == 0) extents[axis] = 1;
            }
            Shape small = Shape.of(extents);
            Broadcast broadcast = Broadcast.of(large, small);
            for (int i = 0; i < large.elements(); i++) {
                int rest = i, expected = 0, stride = 1;
                for (int axis = 3; axis >= 0; axis--) {
                    expected += small.dim(axis) == 1 ? 0 : rest % large.dim(axis) * stride;
                    stride *= small.dim(axis);
                    rest /= large.dim(axis);
                }
                assertThat(broadcast.place(i)).as("element %d of %s in %s", i, small, large).isEqualTo(expected);
            }
        }
    }
}
