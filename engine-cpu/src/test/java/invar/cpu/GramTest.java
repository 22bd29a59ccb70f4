package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GramTest {

    /// One block and several, of both sizes, the last not full; one slice and several.
    @Tag("lanes")
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 3", "17, 5", "65, 300", "131, 9", "515, 33"})
    void isTheProductOfAllPairsOfRows(int n, int d) {
        float[] x = Numbers.random(n * d + 3, 1), g = new float[n * n + 5];
        Arrays.fill(g, 7);
        try (Parallel parallel = new Parallel(2)) {
            Gram.multiply(parallel, x, 3, n, d, g, 2);
        }
        double[] expected = new double[n * n], bound = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double size = 0;
                for (int k = 0; k < d; k++) {
                    double term = (double) x[3 + i * d + k] * x[3 + j * d + k];
                    expected[i * n + j] += term;
                    size += Math.abs(term);
                }
                bound[i * n + j] = Numbers.bound(d, size);
            }
        }
        Numbers.assertWithin(Arrays.copyOfRange(g, 2, 2 + n * n), expected, bound, "G");
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) assertThat(g[2 + i * n + j]).isEqualTo(g[2 + j * n + i]);
        }
        assertThat(new float[] {g[0], g[1], g[2 + n * n], g[4 + n * n]}).containsOnly(7);
    }
}
