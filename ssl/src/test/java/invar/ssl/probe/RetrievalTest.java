package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import invar.core.Device;
import invar.core.Philox;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetrievalTest {

    private final Device device = Device.open("reference");

    @AfterEach
    void close() {
        device.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 17, 129})
    void findsEveryRowAmongItself(int n) {
        Embeddings rows = gaussian(1, n, 9);
        assertThat(Retrieval.top1(rows, rows, device)).isEqualTo(1);
    }

    @Test
    void countsTheQueriesWhoseMostSimilarRowIsTheirOwn() {
        Embeddings gallery = new Embeddings(new float[] {1, 0, 0, 1, -1, 0}, 3, 2);
        Embeddings queries = new Embeddings(new float[] {5, 1, 1, 0.5f, -1, -0.1f}, 3, 2);    // finds 0, 0 and 2
        assertThat(Retrieval.top1(queries, gallery, device)).isEqualTo(2 / 3.0);
        assertThat(Retrieval.top1(gallery, queries, device)).isEqualTo(1);                    // not symmetric
    }

    @Test
    void comparesDirectionsAndNotLengths() {
        Embeddings gallery = new Embeddings(new float[] {0.01f, 0, 100, 100}, 2, 2);
        Embeddings queries = new Embeddings(new float[] {7, 0.1f, 1e-3f, 1e-3f}, 2, 2);
        assertThat(Retrieval.top1(queries, gallery, device)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 0.3333333333333333", "100, 0.01"})
    void isChanceWhereAllRowsAreTheSame(int n, double chance) {
        float[] rows = new float[2 * n];
        for (int i = 0; i < n; i++) rows[2 * i] = 1;
        Embeddings same = new Embeddings(rows, n, 2);
        assertThat(Retrieval.top1(same, same, device)).isEqualTo(chance);
    }

    @Test
    void isTheSameInBlocks() {
        int n = 1100, d = 5;                                     // two whole blocks of 512, and a part
        Embeddings gallery = gaussian(1, n, d), noise = gaussian(2, n, d);
        float[] near = gallery.rows().clone();
        for (int i = 0; i < near.length; i++) near[i] += 0.2f * noise.rows()[i];
        Embeddings queries = new Embeddings(near, n, d);
        int hits = 0;
        for (int i = 0; i < n; i++) if (mostSimilar(queries, i, gallery) == i) hits++;
        assertThat(hits).isBetween(n / 10, n * 9 / 10);
        assertThat(Retrieval.top1(queries, gallery, device)).isEqualTo((double) hits / n);
    }

    private static int mostSimilar(Embeddings queries, int query, Embeddings gallery) {
        int best = 0, d = queries.features();
        double highest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < gallery.count(); j++) {
            double dot = 0, a = 0, b = 0;
            for (int k = 0; k < d; k++) {
                double x = queries.rows()[query * d + k], y = gallery.rows()[j * d + k];
                dot += x * y;
                a += x * x;
                b += y * y;
            }
            double cosine = dot / Math.sqrt(a * b);
            if (cosine > highest) {
                highest = cosine;
                best = j;
            }
        }
        return best;
    }

    @Test
    void refusesWhatCannotBePaired() {
        assertThatIllegalArgumentException().isThrownBy(() -> Retrieval.top1(gaussian(1, 3, 2), gaussian(1, 2, 2),
                device))
                .withMessage("queries and gallery must have the same size: 3 × 2 and 2 × 2");
        assertThatIllegalArgumentException().isThrownBy(() -> Retrieval.top1(gaussian(1, 3, 2), gaussian(1, 3, 4),
                device));
    }

    static Embeddings gaussian(long seed, int n, int d) {
        Philox random = new Philox(seed, 0);
        float[] rows = new float[n * d];
        for (int i = 0; i < rows.length; i++) rows[i] = (float) random.nextGaussian();
        return new Embeddings(rows, n, d);
    }
}
