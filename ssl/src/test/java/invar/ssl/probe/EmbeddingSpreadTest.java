package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddingSpreadTest {

    private final Device device = Device.open("reference");

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor gaussian(int n, int d, double shift) {
        Philox random = new Philox(n * 1000L + d, 0);
        return device.tensor(Shape.of(n, d), IntStream.range(0, n * d).mapToDouble(i -> shift + random.nextGaussian())
                .toArray());
    }

    /// Column by column, from the definition of a standard deviation.
    @ParameterizedTest
    @CsvSource({"1, 1, 0", "2, 3, 0", "3, 2, 5", "17, 9, 0.5", "129, 33, 0", "31, 129, -2"})
    void agreesWithTheFormula(int n, int d, double shift) {
        Tensor z = gaussian(n, d, shift);
        double[] values = z.doubles();
        double expected = 0;
        for (int j = 0; j < d; j++) {
            double pairs = 0;
            double[] column = new double[n];
            for (int i = 0; i < n; i++) {
                double length = 0;
                for (int k = 0; k < d; k++) length += values[i * d + k] * values[i * d + k];
                column[i] = values[i * d + j] / Math.sqrt(length);
            }
            for (double x : column) {
                for (double y : column) pairs += (x - y) * (x - y);
            }
            expected += Math.sqrt(pairs / 2) / n / d;                    // variance = Σᵢⱼ (xᵢ − xⱼ)² / 2N²
        }
        assertThat(EmbeddingSpread.of(z)).isCloseTo(Math.sqrt(d) * expected, within(1e-12));
    }

    @Test
    void isOneForDirectionsEverywhere() {
        assertThat(EmbeddingSpread.of(gaussian(4000, 33, 0))).isCloseTo(1, within(0.01));
    }

    @Test
    void isZeroForOneDirectionOfAnyLengthAndForZeros() {
        assertThat(EmbeddingSpread.of(device.tensor(Shape.of(3, 2), 1, -2, 10, -20, 0.1, -0.2)))
                .isCloseTo(0, within(1e-15));
        assertThat(EmbeddingSpread.of(device.zeros(Shape.of(3, 2)))).isZero();
    }

    /// To the last digits: a difference of large numbers would leave nothing of them.
    @Test
    void seesASpreadOfAMillionth() {
        double[] rows = new double[200];
        for (int i = 0; i < 100; i++) {
            rows[2 * i] = 1;
            rows[2 * i + 1] = i % 2 == 0 ? 1e-6 : -1e-6;
        }
        assertThat(EmbeddingSpread.of(device.tensor(Shape.of(100, 2), rows)))
                .isCloseTo(1e-6 / Math.sqrt(2), within(1e-12));
    }

    @Test
    void isLargeForOppositePoints() {
        assertThat(EmbeddingSpread.of(device.tensor(Shape.of(2, 2), 3, 3, -1, -1))).isCloseTo(1, within(1e-12));
    }

    @Test
    void isNotANumberWhereAnEmbeddingIsNone() {
        assertThat(EmbeddingSpread.of(device.tensor(Shape.of(2, 2), 3, Double.NaN, -1, -1))).isNaN();
    }
}
