package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class TransposeTest {

    private static final int[] ROWS = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32}, LENGTHS = {1, 2, 7, 8, 9, 17, 33};

    @Test
    void interleavesRowsAndFillsEmptyLanesWithZeros() {
        for (int rows : ROWS) {
            for (int length : LENGTHS) {
                int width = rows + 3, fromStep = length + 2, toStep = width + 1;
                float[] from = Numbers.random(5 + rows * fromStep, 1), to = new float[7 + length * toStep];
                Arrays.fill(to, -9);
                float[] expected = to.clone();
                for (int j = 0; j < length; j++) {
                    for (int i = 0; i < width; i++) {
                        expected[7 + j * toStep + i] = i < rows ? from[5 + i * fromStep + j] : 0;
                    }
                }
                Transpose.interleave(from, 5, fromStep, rows, length, to, 7, toStep, width);
                assertThat(to).as("%d rows of %d", rows, length).isEqualTo(expected);
            }
        }
    }

    @Test
    void dealsTheNumbersOfARowOutToParts() {
        for (int parts = 1; parts <= 3; parts++) {
            for (int rows : ROWS) {
                for (int length : LENGTHS) {
                    int width = (rows + 3) / 4 * 4, fromStep = length + 2, toStep = width + 1;
                    int partStep = (length + parts - 1) / parts * toStep;
                    float[] from = Numbers.random(5 + rows * fromStep, 1), to = new float[7 + parts * partStep];
                    Arrays.fill(to, -9);
                    float[] expected = to.clone();
                    for (int j = 0; j < length; j++) {
                        for (int i = 0; i < width; i++) {
                            expected[7 + j % parts * partStep + j / parts * toStep + i] =
                                    i < rows ? from[5 + i * fromStep + j] : 0;
                        }
                    }
                    Transpose.interleave(from, 5, fromStep, rows, length, to, 7, toStep, width, parts, partStep);
                    assertThat(to).as("%d rows of %d in %d parts", rows, length, parts).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void putsFourRowsNextToFourOthers() {
        for (int parts = 1; parts <= 3; parts++) {
            for (int length : LENGTHS) {
                int fromStep = length + 2, distance = 6 * fromStep + 1, toStep = 9;
                int partStep = (length + parts - 1) / parts * toStep;
                float[] from = Numbers.random(5 + distance + 4 * fromStep, 1), to = new float[7 + parts * partStep];
                Arrays.fill(to, -9);
                float[] expected = to.clone();
                for (int j = 0; j < length; j++) {
                    for (int i = 0; i < 8; i++) {
                        expected[7 + j % parts * partStep + j / parts * toStep + i] =
                                from[5 + i / 4 * distance + i % 4 * fromStep + j];
                    }
                }
                Transpose.interleavePair(from, 5, fromStep, distance, length, to, 7, toStep, parts, partStep);
                assertThat(to).as("length %d in %d parts", length, parts).isEqualTo(expected);
            }
        }
    }

    @Test
    void separatesThemAgain() {
        for (int rows : ROWS) {
            for (int length : LENGTHS) {
                int fromStep = rows + 3, toStep = length + 2;
                float[] from = Numbers.random(5 + length * fromStep, 1), to = new float[7 + rows * toStep];
                Arrays.fill(to, -9);
                float[] expected = to.clone();
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < length; j++) {
                        expected[7 + i * toStep + j] = from[5 + j * fromStep + i];
                    }
                }
                Transpose.separate(from, 5, fromStep, rows, length, to, 7, toStep);
                assertThat(to).as("%d rows of %d", rows, length).isEqualTo(expected);
            }
        }
    }
}
