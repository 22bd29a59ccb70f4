package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.UserError;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatchGridTest {

    private final Device device = Device.open("reference");

    @ParameterizedTest
    @CsvSource({"1, 1, 3", "2, 3, 1", "3, 2, 5"})
    void cutsMosaicsPatchByPatch(int images, int side, int size) {
        int edge = side * size;
        Tensor mosaics = counting(images, 3, edge, edge), patches = new PatchGrid(side).cut(mosaics);
        assertThat(patches.shape()).isEqualTo(Shape.of(images * side * side, 3, size, size));
        double[] from = mosaics.doubles(), to = patches.doubles();
        int at = 0;
        for (int n = 0; n < images; n++)
            for (int r = 0; r < side; r++)
                for (int c = 0; c < side; c++)
                    for (int channel = 0; channel < 3; channel++)
                        for (int y = 0; y < size; y++)
                            for (int x = 0; x < size; x++)
                                assertThat(to[at++]).isEqualTo(
                                        from[((n * 3 + channel) * edge + r * size + y) * edge + c * size + x]);
    }

    /// In a grid of 2 × 2, numbered 0 1 / 2 3.
    @Test
    void turnsClockwise() {
        PatchGrid grid = new PatchGrid(2);
        assertThat(grid.turned(1, 0)).containsExactly(0, 1, 2, 3);
        assertThat(grid.turned(1, 1)).containsExactly(2, 0, 3, 1);
        assertThat(grid.turned(1, 2)).containsExactly(3, 2, 1, 0);
        assertThat(grid.turned(2, 3)).containsExactly(1, 3, 0, 2, 5, 7, 4, 6);
    }

    /// One row below, in the turned grid, is one to the bottom, to the right, to the top, to the left in the image.
    @ParameterizedTest
    @CsvSource({"0, 1, 0", "1, 0, 1", "2, -1, 0", "3, 0, -1"})
    void looksInTheFourDirections(int turns, int down, int right) {
        PatchGrid grid = new PatchGrid(5);
        int[] turned = grid.turned(2, turns), below = grid.below(2, 2);
        int at = 0;
        for (int place = 0; place < turned.length; place++) {
            if (place / 5 % 5 + 2 >= 5) continue;
            int from = turned[place], to = turned[below[at++]];
            assertThat(to / 25).isEqualTo(from / 25);
            assertThat(to / 5 % 5 - from / 5 % 5).isEqualTo(2 * down);
            assertThat(to % 5 - from % 5).isEqualTo(2 * right);
        }
        assertThat(at).isEqualTo(below.length).isEqualTo(2 * 3 * 5);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void placesAboveFitThoseBelow(int k) {
        PatchGrid grid = new PatchGrid(4);
        double[] rows = IntStream.range(0, 3 * 16).mapToDouble(i -> i).toArray();
        Tensor maps = grid.maps(device.tensor(Shape.of(3 * 16, 1), rows));
        assertThat(maps.shape()).isEqualTo(Shape.of(3, 1, 4, 4));
        double[] above = grid.above(maps, k).doubles();
        int[] below = grid.below(3, k);
        assertThat(above).hasSize(below.length);
        for (int i = 0; i < below.length; i++) assertThat(below[i]).isEqualTo((int) above[i] + 4 * k);
    }

    @Test
    void keepsFeaturesApart() {
        PatchGrid grid = new PatchGrid(3);
        Tensor rows = counting(2 * 9, 5);
        assertThat(grid.above(grid.maps(rows), 1).doubles()).startsWith(rows.rows(0, 6).doubles())
                .endsWith(rows.rows(9, 15).doubles());
    }

    @Test
    void refusesWhatIsNoMosaic() {
        Tensor image = counting(1, 3, 8, 8);
        assertThatThrownBy(() -> new PatchGrid(3).cut(image)).isInstanceOf(UserError.class)
                .hasMessageContaining("8 pixels").hasMessageContaining("3 × 3 patches");
        assertThatThrownBy(() -> new PatchGrid(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 1");
    }

    private Tensor counting(int... extents) {
        Shape shape = Shape.of(extents);
        return device.tensor(shape, IntStream.range(0, (int) shape.elements()).mapToDouble(i -> i).toArray());
    }
}
