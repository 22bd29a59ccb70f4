package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("lanes")
class TileTest {

    @ParameterizedTest
    @CsvSource({"4, 1, 9", "8, 1, 9", "4, 3, 5", "8, 3, 5", "4, 0, 5", "8, 2, 0", "4, 33, 1"})
    void sumsOverSegmentsAndDepth(int height, int segments, int depth) {
        int columns = Lanes.COLUMNS, gap = 7, aStep = depth + 3, bStep = depth + 1;
        float[] a = Numbers.random(2 + segments * aStep * height, 1);
        float[] b = Numbers.random(3 + segments * bStep * columns, 2);
        int[] offsets = new int[4 + 2 * segments];
        for (int s = 0; s < segments; s++) {                   // A backwards, B forwards
            offsets[4 + 2 * s] = (segments - 1 - s) * aStep;
            offsets[5 + 2 * s] = s * bStep;
        }
        float[] c = Numbers.random(5 + height * (columns + gap), 3), before = c.clone();
        Tile.multiply(height, segments, offsets, 4, depth, a, 2, b, 3, c, 5, columns + gap, c, 5, columns + gap);
        double[] expected = new double[c.length], bound = new double[c.length];
        for (int i = 0; i < c.length; i++) {
            expected[i] = before[i];
            int row = (i - 5) / (columns + gap), column = (i - 5) % (columns + gap);
            if (i < 5 || column >= columns) {
                continue;
            }
            double magnitudes = Math.abs(before[i]);
            for (int s = 0; s < segments; s++) {
                for (int k = 0; k < depth; k++) {
                    double term = (double) a[2 + ((segments - 1 - s) * aStep + k) * height + row]
                            * b[3 + (s * bStep + k) * columns + column];
                    expected[i] += term;
                    magnitudes += Math.abs(term);
                }
            }
            bound[i] = Numbers.bound(segments * depth, magnitudes);
        }
        Numbers.assertWithin(c, expected, bound, "tile");
        float[] fresh = before.clone();
        Tile.multiply(height, 0, offsets, 4, depth, a, 2, b, 3, Tile.ZEROS, 0, 0, fresh, 5, columns + gap);
        for (int i = 0; i < c.length; i++) {
            boolean inside = i >= 5 && (i - 5) % (columns + gap) < columns;
            assertThat(fresh[i]).isEqualTo(inside ? 0 : before[i]);
        }
    }
}
