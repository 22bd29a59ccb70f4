package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import invar.ssl.probe.Embeddings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LinearProbeTest {

    private static final ProbeRecipe PLAIN =
            new ProbeRecipe("plain", "this test", 0.3, false, 0.01, false, 3, List.of(), false);

    /// Rows of class c have mean 4 in feature c.
    private static LinearProbe.Labelled clouds(int rows, int features, int classes, float scale, long seed) {
        Philox random = Philox.of(seed);
        float[] x = new float[rows * features];
        int[] y = new int[rows];
        for (int i = 0; i < rows; i++) {
            y[i] = i % classes;
            for (int j = 0; j < features; j++) {
                x[i * features + j] = scale * (float) (random.nextGaussian() + (j == y[i] ? 4 : 0));
            }
        }
        return new LinearProbe.Labelled(new Embeddings(x, rows, features), y);
    }

    /// All rows in every step, so their order does not matter: v ← 0.9 v + g + λ w, w ← w − lr v, and lr falls along
    /// half a cosine.
    @Test
    void isGradientDescentOnTheSoftmaxCrossEntropy() {
        int n = 7, f = 3, classes = 3, epochs = 3;
        LinearProbe.Labelled data = clouds(n, f, classes, 1, 5);
        double[][] w = new double[classes][f + 1], v = new double[classes][f + 1];
        double loss = 0;
        for (int e = 0; e < epochs; e++) {
            double[][] g = new double[classes][f + 1];
            loss = 0;
            for (int i = 0; i < n; i++) {
                double[] z = new double[classes];
                for (int c = 0; c < classes; c++) {
                    z[c] = w[c][f];
                    for (int j = 0; j < f; j++) z[c] += w[c][j] * data.features().rows()[i * f + j];
                }
                double[] log = Networks.logSoftmax(z, 0, classes, 1);
                loss -= log[data.labels()[i]] / n;
                for (int c = 0; c < classes; c++) {
                    double d = (Math.exp(log[c]) - (c == data.labels()[i] ? 1 : 0)) / n;
                    for (int j = 0; j < f; j++) g[c][j] += d * data.features().rows()[i * f + j];
                    g[c][f] += d;
                }
            }
            double lr = 0.3 * 0.5 * (1 + Math.cos(Math.PI * e / epochs));
            for (int c = 0; c < classes; c++) {
                for (int j = 0; j <= f; j++) {
                    v[c][j] = 0.9 * v[c][j] + g[c][j] + (j < f ? 0.01 * w[c][j] : 0);
                    w[c][j] -= lr * v[c][j];
                }
            }
        }
        LinearProbe.Result result = new LinearProbe(PLAIN, 100, 1, Networks.DEVICE).measure(data, data, classes);
        assertThat(result.loss()).isCloseTo(loss, within(1e-12));
        for (int c = 0; c < classes; c++) {
            for (int j = 0; j < f; j++) assertThat(result.weight()[c * f + j]).isCloseTo(w[c][j], within(1e-12));
        }
    }

    static List<ProbeRecipe> recipes() {
        return ProbeRecipe.ALL;
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void tellsSeparateCloudsApart(ProbeRecipe recipe) {
        LinearProbe probe = new LinearProbe(recipe.withEpochs(20), 16, 1, Networks.DEVICE);
        LinearProbe.Result result = probe.measure(clouds(99, 5, 3, 1, 1), clouds(33, 5, 3, 1, 2), 3);
        assertThat(result.accuracy()).as(recipe.name()).isGreaterThan(0.9);
        assertThat(result.train()).as(recipe.name()).isGreaterThan(0.9);
    }

    @Test
    void findsNothingInConstantFeatures() {
        LinearProbe probe = new LinearProbe(ProbeRecipe.ALL.getFirst(), 64, 1, Networks.DEVICE);
        LinearProbe.Result result = probe.measure(clouds(99, 5, 3, 0, 1), clouds(33, 5, 3, 0, 2), 3);
        assertThat(result.accuracy()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(result.loss()).isCloseTo(Math.log(3), within(0.02));
    }

    @Test
    void doesNotDependOnTheScaleOfStandardisedFeatures() {
        LinearProbe probe = new LinearProbe(ProbeRecipe.ALL.getFirst().withEpochs(5), 16, 1, Networks.DEVICE);
        double loss = probe.measure(clouds(50, 5, 3, 1, 1), clouds(9, 5, 3, 1, 2), 3).loss();
        double scaled = probe.measure(clouds(50, 5, 3, 64, 1), clouds(9, 5, 3, 64, 2), 3).loss();
        assertThat(scaled).isCloseTo(loss, within(1e-5));
    }

    @Test
    void standardisesByTheTrainingRows() {
        Embeddings x = new Embeddings(new float[] {1, 5, 3, 5, 8, 5}, 3, 2);
        Embeddings z = Standardised.by(x).of(x);
        double deviation = Math.sqrt((9 + 1 + 16) / 3.0 + 1e-6);
        assertThat(z.rows()).containsExactly(
                new float[] {(float) (-3 / deviation), 0, (float) (-1 / deviation), 0, (float) (4 / deviation), 0},
                within(1e-6f));
    }

    @Test
    void hasThePublishedRates() {
        ProbeRecipe simclr = ProbeRecipe.ALL.get(0), moco = ProbeRecipe.ALL.get(1);
        assertThat(simclr.schedule(512, 10).at(0)).isCloseTo(0.2, within(1e-15));
        assertThat(simclr.schedule(512, 10).at(450)).isCloseTo(0.1, within(1e-15));
        assertThat(simclr.schedule(512, 10).at(900)).isZero();
        assertThat(moco.schedule(64, 10).at(599)).isEqualTo(30);
        assertThat(moco.schedule(64, 10).at(600)).isCloseTo(3, within(1e-14));
        assertThat(moco.schedule(64, 10).at(800)).isCloseTo(0.3, within(1e-14));
        assertThat(simclr.withRate(0.7).schedule(64, 10).at(0)).isEqualTo(0.7);
    }

    @Test
    void refusesWhatCannotBeTrained() {
        assertThatIllegalArgumentException().isThrownBy(() -> new LinearProbe(PLAIN, 0, 1, Networks.DEVICE))
                .withMessage("batch must be at least 1 but is 0");
        assertThatIllegalArgumentException().isThrownBy(() -> PLAIN.withRate(Double.NaN))
                .withMessage("the learning rate must be a number > 0 but is NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> PLAIN.withEpochs(0))
                .withMessage("epochs must be at least 1 but is 0");
        assertThatIllegalArgumentException().isThrownBy(() -> new LinearProbe.Labelled(new Embeddings(new float[4], 2,
                2), new int[3])).withMessage("2 rows need as many labels, not 3");
    }
}
