package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnnTest {

    private static final Device DEVICE = Device.open("reference");

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 2, 1", "9, 33, 1, 5, 3", "7, 129, 17, 3, 4", "5, 31, 31, 9, 2", "3, 17, 200, 2, 5"})
    void agreesWithSortingAllNeighbours(int queries, int rows, int k, int features, int classes) {
        double[] f = random(1, queries * features), bank = random(2, rows * features);
        int[] labels = IntStream.range(0, rows).map(i -> i * 7 % classes).toArray();
        Knn.Result result = Knn.predict(
                tensor(queries, features, f), tensor(rows, features, bank), labels, k, 0.1, classes);
        for (int q = 0; q < queries; q++) {
            double[] expected = new double[classes];
            int query = q;
            IntStream.range(0, rows).boxed()
                    .sorted(Comparator.comparingDouble((Integer j) -> -dot(f, query, bank, j, features)))
                    .limit(k)
                    .forEach(j -> expected[labels[j]] += Math.exp(dot(f, query, bank, j, features) / 0.1));
            for (int c = 0; c < classes; c++) {
                assertThat(result.scores()[q * classes + c]).isCloseTo(expected[c], within(1e-5 * expected[c]));
            }
            double largest = Arrays.stream(expected).max().orElseThrow();
            assertThat(expected[result.predictions()[q]]).isEqualTo(largest);
        }
    }

    @Test
    void theNearestDecidesWithOneNeighbour() {
        Tensor bank = tensor(3, 2, 1, 0, 0, 1, -1, 0);
        Knn.Result result = Knn.predict(tensor(2, 2, 0.6, 0.8, 0.8, 0.6), bank, new int[] {0, 1, 2}, 1, 0.07, 3);
        assertThat(result.predictions()).containsExactly(1, 0);
        assertThat(result.accuracy(new int[] {1, 2})).isEqualTo(0.5);
    }

    @Test
    void ofEquallySimilarRowsTheFirstVote() {
        Knn.Result result = Knn.predict(tensor(1, 1, 1), tensor(4, 1, 0, 1, 1, 1), new int[] {0, 1, 2, 2}, 2, 1, 3);
        assertThat(result.scores()).containsExactly(0, Math.E, Math.E);
    }

    @Test
    void twoWeakVotesBeatOneAndAHighTemperatureCountsHeads() {
        Tensor query = tensor(1, 1, 1), bank = tensor(3, 1, 1, 0.5, 0.5);
        int[] labels = {0, 1, 1};
        assertThat(Knn.predict(query, bank, labels, 3, 0.07, 2).predictions()).containsExactly(0);
        assertThat(Knn.predict(query, bank, labels, 3, 10, 2).predictions()).containsExactly(1);
    }

    @Test
    void worksInBlocksOfQueries() {
        int rows = 50_000, queries = 200;                                      // more similarities than one block holds
        double[] angles = IntStream.range(0, rows).mapToDouble(i -> 2 * Math.PI * i / rows).toArray();
        double[] bank = new double[2 * rows], asked = new double[2 * queries];
        for (int i = 0; i < rows; i++) {
            bank[2 * i] = Math.cos(angles[i]);
            bank[2 * i + 1] = Math.sin(angles[i]);
        }
        for (int q = 0; q < queries; q++) System.arraycopy(bank, 2 * q * 250, asked, 2 * q, 2);
        int[] labels = IntStream.range(0, rows).map(i -> i / 5000).toArray();
        Knn.Result result = Knn.predict(tensor(queries, 2, asked), tensor(rows, 2, bank), labels, 11, 0.07, 10);
        int wrong = 0;
        for (int q = 0; q < queries; q++) {
            boolean betweenTwoClasses = q % 20 == 0;
            if (!betweenTwoClasses && result.predictions()[q] != q * 250 / 5000) wrong++;
        }
        assertThat(wrong).isZero();
    }

    @Test
    void refusesWhatDoesNotFitTogether() {
        Tensor x = tensor(2, 2, 1, 0, 0, 1);
        assertThatThrownBy(() -> Knn.predict(x, x, new int[1], 1, 1, 2)).hasMessageContaining("bank of 2 rows");
        assertThatThrownBy(() -> Knn.predict(x, x, new int[] {0, 2}, 1, 1, 2)).hasMessageContaining("label 2");
        assertThatThrownBy(() -> Knn.predict(x, x, new int[2], 0, 1, 2)).hasMessageContaining("k must be at least 1");
        assertThatThrownBy(() -> Knn.predict(x, x, new int[2], 1, 0, 2)).hasMessageContaining("temperature");
        Tensor other = tensor(2, 1, 1, 1);
        assertThatThrownBy(() -> Knn.predict(x, other, new int[2], 1, 1, 2)).hasMessageContaining("MatMul");
    }

    private static double dot(double[] a, int i, double[] b, int j, int n) {
        double sum = 0;
        for (int l = 0; l < n; l++) sum += a[i * n + l] * b[j * n + l];
        return sum;
    }

    private static double[] random(int stream, int n) {
        Philox random = new Philox(3, stream);
        return IntStream.range(0, n).mapToDouble(i -> random.nextGaussian() / 2).toArray();
    }

    private static Tensor tensor(int rows, int columns, double... values) {
        return DEVICE.tensor(Shape.of(rows, columns), values);
    }
}
