package invar.ssl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Nearest neighbours, which [Losses#koLeo] asks the device for.
class NearestTest {

    private static final int N = 9, D = 3;

    /// Few different values, so that many are equal.
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 5", "2, 1", "3, 2", "5, 9", "31, 33", "129, 7"})
    void isTheFirstLargestEntryOfEachRow(int rows, int columns) {
        Philox random = new Philox(rows, columns);
        double[] x = IntStream.range(0, rows * columns).mapToDouble(i -> random.nextInt(4) - 2).toArray();
        int[] expected = new int[rows];
        for (int i = 0; i < rows; i++) {
            for (int j = 1; j < columns; j++) {
                if (x[i * columns + j] > x[i * columns + expected[i]]) expected[i] = j;
            }
        }
        for (String name : new String[] {"reference", "cpu"}) {
            try (Device device = Device.open(name)) {
                Tensor found = Nearest.column(device.tensor(Shape.of(rows, columns), x));
                assertThat(found.integers()).as(name).isEqualTo(expected);
            }
        }
    }

    private static double[] points(int seed) {
        Philox random = new Philox(7, seed);
        return IntStream.range(0, N * D).mapToDouble(i -> random.nextGaussian()).toArray();
    }

    /// The formula, with loops. Rows 4 and 7 are row 2 again, so that its neighbour is the first of two as near.
    @Test
    void givesKoLeoItsNeighbours() {
        double[] x = points(1), u = new double[N * D];
        for (int k = 0; k < D; k++) x[7 * D + k] = x[4 * D + k] = x[2 * D + k];
        for (int i = 0; i < N; i++) {
            double norm = 0;
            for (int k = 0; k < D; k++) norm += x[i * D + k] * x[i * D + k];
            for (int k = 0; k < D; k++) u[i * D + k] = x[i * D + k] / Math.sqrt(norm);
        }
        double expected = 0;
        for (int i = 0; i < N; i++) {
            double most = Double.NEGATIVE_INFINITY, distance = 0;
            for (int j = 0; j < N; j++) {
                double dot = 0, square = 0;
                for (int k = 0; k < D; k++) {
                    dot += u[i * D + k] * u[j * D + k];
                    square += Math.pow(u[i * D + k] - u[j * D + k] + 1e-8, 2);
                }
                if (j == i || dot <= most) continue;
                most = dot;
                distance = Math.sqrt(square);
            }
            expected -= Math.log(distance + 1e-8) / N;
        }
        assertThat(CapturedLoss.direct(Losses::koLeo, Shape.of(N, D), x)[0]).isCloseTo(expected, within(1e-9));
    }

    /// A replay looks for the neighbours anew.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void letsAStepWithKoLeoBeCaptured(int seed) {
        double[] replayed = CapturedLoss.replayed(Losses::koLeo, Shape.of(N, D), points(1), points(seed));
        assertThat(replayed).isEqualTo(CapturedLoss.direct(Losses::koLeo, Shape.of(N, D), points(seed)));
        assertThat(replayed[0]).isNotEqualTo(CapturedLoss.direct(Losses::koLeo, Shape.of(N, D), points(1))[0]);
    }
}
