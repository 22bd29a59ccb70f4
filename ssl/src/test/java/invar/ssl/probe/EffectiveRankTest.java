package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EffectiveRankTest {

    private final Device device = Device.open("reference");

    @AfterEach
    void close() {
        device.close();
    }

    private double[] gaussian(int n, int d) {
        Philox random = new Philox(n * 1000L + d, 0);
        return IntStream.range(0, n * d).mapToDouble(i -> random.nextGaussian()).toArray();
    }

    private double rank(int n, int d, double... values) {
        return EffectiveRank.of(device.tensor(Shape.of(n, d), values));
    }

    /// Eq. 1 of the paper.
    private static double rankMe(double... sigma) {
        double sum = Arrays.stream(sigma).sum();
        return Math.exp(-Arrays.stream(sigma).map(s -> s / sum + 1e-7).map(p -> p * Math.log(p)).sum());
    }

    /// Against singular values by one-sided Jacobi rotations (Hestenes 1958): pairs of columns are turned until all are
    /// at right angles; their lengths are the singular values.
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "7, 1", "2, 3", "3, 2", "17, 9", "9, 17", "33, 31", "129, 33", "31, 129"})
    void agreesWithTheFormulaForRowsOfAnyNumber(int n, int d) {
        double[] values = gaussian(n, d);
        double[][] columns = new double[Math.min(n, d)][Math.max(n, d)];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) columns[n < d ? i : j][n < d ? j : i] = values[i * d + j];
        }
        for (int sweep = 0; sweep < 30; sweep++) {
            for (int p = 0; p < columns.length; p++) {
                for (int q = p + 1; q < columns.length; q++) turn(columns[p], columns[q]);
            }
        }
        double[] sigma = Arrays.stream(columns).mapToDouble(column -> Math.sqrt(dot(column, column))).toArray();
        assertThat(rank(n, d, values)).isCloseTo(rankMe(sigma), within(1e-9));
    }

    private static void turn(double[] a, double[] b) {
        double ab = dot(a, b);
        if (ab == 0) return;
        double zeta = (dot(b, b) - dot(a, a)) / (2 * ab);
        double t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta)), c = 1 / Math.sqrt(1 + t * t);
        for (int i = 0; i < a.length; i++) {
            double x = a[i], y = b[i];
            a[i] = c * (x - t * y);
            b[i] = c * (t * x + y);
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Test
    void isTheNumberOfDirectionsThatAreUsedAlike() {
        assertThat(rank(3, 3, 2, 0, 0, 0, -2, 0, 0, 0, 2)).isCloseTo(3, within(1e-5));
        assertThat(rank(3, 2, 2, 0, 0, -2, 0, 0)).isCloseTo(2, within(1e-5));
        assertThat(rank(2, 3, 1, 2, 3, -2, -4, -6)).isCloseTo(1, within(1e-5));
    }

    /// The number in the description.
    @Test
    void countsASlowFallOfTheSingularValuesForMuch() {
        double[] diagonal = new double[64 * 64];
        for (int i = 0; i < 64; i++) diagonal[i * 65] = i == 0 ? 1 : 0.1;
        assertThat(rank(64, 64, diagonal)).isCloseTo(53, within(0.5));
    }

    @Test
    void doesNotDependOnTheScale() {
        Tensor z = device.tensor(Shape.of(9, 5), gaussian(9, 5));
        assertThat(EffectiveRank.of(z.scale(1e6))).isCloseTo(EffectiveRank.of(z), within(1e-9));
    }

    @Test
    void isZeroForZerosAndUnknownForWhatIsNoNumber() {
        assertThat(rank(3, 2, 0, 0, 0, 0, 0, 0)).isZero();
        assertThat(rank(2, 2, 1, Double.NaN, 0, 1)).isNaN();
        assertThat(rank(2, 2, 1, Double.POSITIVE_INFINITY, 0, 1)).isNaN();
    }
}
