package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthTest {

    private final Device device = Device.open("reference");

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor gaussian(int n, int d, long seed) {
        Philox random = new Philox(seed, 0);
        return device.tensor(Shape.of(n, d), IntStream.range(0, n * d).mapToDouble(i -> random.nextGaussian())
                .toArray());
    }

    private static double[][] unit(Tensor z) {
        double[] values = z.doubles();
        double[][] rows = new double[z.dim(0)][z.dim(1)];
        for (int i = 0; i < rows.length; i++) {
            double square = 0;
            for (int j = 0; j < rows[i].length; j++) square += Math.pow(values[i * rows[i].length + j], 2);
            for (int j = 0; j < rows[i].length; j++) rows[i][j] = values[i * rows[i].length + j] / Math.sqrt(square);
        }
        return rows;
    }

    private static double squaredDistance(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }

    private static double uniformity(double[][] rows) {
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < i; j++, pairs++) sum += Math.exp(-2 * squaredDistance(rows[i], rows[j]));
        }
        return Math.log(sum / pairs);
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "3, 5", "17, 9", "33, 7"})
    void agreesWithTheFormulas(int n, int d) {
        Tensor a = gaussian(n, d, 1), b = gaussian(n, d, 2);
        double[][] x = unit(a), y = unit(b);
        double alignment = 0;
        for (int i = 0; i < n; i++) alignment += squaredDistance(x[i], y[i]) / n;
        Map<String, Double> health = Health.of(List.of(a, b));
        assertThat(health.keySet()).containsExactlyElementsOf(Health.names(2));
        assertThat(health.get("alignment")).isCloseTo(alignment, within(1e-12));
        assertThat(health.get("uniformity")).isCloseTo((uniformity(x) + uniformity(y)) / 2, within(1e-12));
        assertThat(health.get("spread")).isEqualTo((EmbeddingSpread.of(a) + EmbeddingSpread.of(b)) / 2);
        assertThat(health.get("effective rank")).isEqualTo((EffectiveRank.of(a) + EffectiveRank.of(b)) / 2);
    }

    @Test
    void hasTheValuesOfChanceForEmbeddingsDrawnOneByOne() {
        Map<String, Double> health = Health.of(List.of(gaussian(500, 65, 1), gaussian(500, 65, 2)));
        assertThat(health.get("spread")).isCloseTo(1, within(0.02));
        assertThat(health.get("alignment")).isCloseTo(2, within(0.05));
        assertThat(health.get("uniformity")).isCloseTo(-4, within(0.15));
        assertThat(health.get("effective rank")).isBetween(58.0, 65.0);
    }

    @Test
    void hasTheValuesOfCollapseForOnePoint() {
        Tensor one = device.tensor(Shape.of(3, 2), 1, 2, 1, 2, 1, 2);
        Map<String, Double> health = Health.of(List.of(one, one.scale(3)));
        assertThat(health.get("spread")).isCloseTo(0, within(1e-12));
        assertThat(health.get("alignment")).isCloseTo(0, within(1e-12));
        assertThat(health.get("uniformity")).isCloseTo(0, within(1e-12));
        assertThat(health.get("effective rank")).isCloseTo(1, within(1e-5));
    }

    @Test
    void doesWithoutAlignmentForOneView() {
        assertThat(Health.of(List.of(gaussian(5, 3, 1)))).containsOnlyKeys("spread", "effective rank", "uniformity")
                .containsOnlyKeys(Health.names(1));
    }

    @Test
    void looksAtTheFirstImagesOfALargeBatch() {
        List<Integer> seen = new ArrayList<>();
        Tensor view = gaussian(300, 4, 3).reshape(Shape.of(300, 1, 2, 2));
        Map<String, Double> health = Health.of(x -> {
            seen.add(x.dim(0));
            return x.reshape(Shape.of(x.dim(0), 4));
        }, List.of(view, view), device);
        assertThat(seen).containsExactly(256, 256);
        assertThat(health.get("spread")).isEqualTo(EmbeddingSpread.of(gaussian(300, 4, 3).rows(0, 256)));
        assertThat(health.get("alignment")).isZero();
    }
}
