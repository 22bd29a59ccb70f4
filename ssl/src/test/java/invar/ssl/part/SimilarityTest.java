package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.ssl.Setup;
import org.junit.jupiter.api.Test;

class SimilarityTest {

    private static final Device DEVICE = Device.open("reference");
    private static final int N = 5, M = 7, D = 3;

    private final Similarity similarity = Similarity.of(
            new Setup((x, mode) -> x, 1, N, 0, 8, N, 1, 1, new Init(DEVICE, 1)));
    private final double[][] q = noise(N, 1), k = noise(N, 2), others = noise(M, 3);

    @Test
    void averagesOverPairs() {
        double positive = 0, negative = 0;
        for (int i = 0; i < N; i++) {
            positive += dot(q[i], k[i]) / N;
            for (int j = 0; j < M; j++) negative += dot(q[i], others[j]) / (N * M);
        }
        similarity.take(tensor(q), tensor(k), tensor(others));
        check(positive, negative);
    }

    @Test
    void leavesOutEachRowsOwnKeyInABatch() {
        double positive = 0, negative = 0;
        for (int i = 0; i < N; i++) {
            positive += dot(q[i], k[i]) / N;
            for (int j = 0; j < N; j++) if (j != i) negative += dot(q[i], k[j]) / (N * (N - 1));
        }
        similarity.take(tensor(q), tensor(k));
        check(positive, negative);
    }

    private void check(double positive, double negative) {
        assertThat(similarity.health().keySet()).containsExactly("positive similarity", "negative similarity");
        assertThat(similarity.health().get("positive similarity")).isCloseTo(positive, within(1e-12));
        assertThat(similarity.health().get("negative similarity")).isCloseTo(negative, within(1e-12));
    }

    private static double[][] noise(int rows, long seed) {
        Philox random = new Philox(seed, 0);
        double[][] noise = new double[rows][D];
        for (double[] row : noise) for (int j = 0; j < D; j++) row[j] = random.nextGaussian();
        return noise;
    }

    private static Tensor tensor(double[][] rows) {
        double[] flat = new double[rows.length * D];
        for (int i = 0; i < flat.length; i++) flat[i] = rows[i / D][i % D];
        return DEVICE.tensor(Shape.of(rows.length, D), flat);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < D; i++) sum += a[i] * b[i];
        return sum;
    }
}
