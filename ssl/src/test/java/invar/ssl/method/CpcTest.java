package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.augment.Normalize;
import invar.ssl.data.Shapes;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// In double precision, on the reference backend, where not said otherwise.
class CpcTest extends MethodContract {

    private static final int GRID = 3;

    CpcTest() {
        super("cpc", Map.of("context", 16, "blocks", 2, "target", 5));
    }

    @Override
    protected String augment() {
        return "cpc";
    }

    /// Patches of 3 × 3 pixels.
    @Override
    protected int side() {
        return 3 * GRID;
    }

    @Override
    protected TrainConfig.EncoderConfig encoder() {
        return encoder(2, "layer");
    }

    /// With plain gradient descent at the rate of other methods, ten steps hardly move the small logits.
    @Override
    protected TrainConfig.Optimization optimization() {
        return new TrainConfig.Optimization("adam", 1e-2, 0.9, 1e-3, false, 1);
    }

    private static TrainConfig.EncoderConfig encoder(int width, String norm) {
        return new TrainConfig.EncoderConfig("resnet10", width, "small", norm, false);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            4.282973574492, 4.275683252213, 4.278238311657, 4.276965233546, 4.273687066965, 4.278500978580,
            4.272392532295, 4.271385730234, 4.268533030652, 4.276335557034};
    }

    /// The logits are small, and ten steps do not go far.
    @Override
    protected double tenTolerance() {
        return 1e-4;
    }

    /// Images as they are, in 2 × 2 patches of 8 pixels: with patches that are changed anew in every epoch, learning by
    /// heart would take minutes.
    @Override
    protected TrainConfig byHeart() {
        return byHeart("layer", 25);
    }

    private static TrainConfig byHeart(String norm, int epochs) {
        return new TrainConfig("cpc", Map.of("grid", 2, "context", 16, "blocks", 1, "target", 32, "stepsToIgnore", 0,
                "stepsToPredict", 1), "shapes", 16, "none", TrainConfig.Labels.TENTH, encoder(8, norm),
                new TrainConfig.Optimization("adam", 3e-3, 0.9, 0, false, 1), 64, epochs, 17);
    }

    // The loss, as Eq. 2 and the pseudocode have it, in the image's own coordinates.

    @ParameterizedTest
    @CsvSource({"1, 6, 2, 3", "2, 6, 2, 3", "3, 3, 0, 2", "2, 4, 1, 2", "2, 5, 0, 4"})
    void agreesWithTheFormulaInAllDirections(int images, int grid, int ignore, int predict) {
        try (Device device = Device.open("reference")) {
            Cpc.Config config = new Cpc.Config(grid, 4, 2, 5, 0.7, ignore, predict);
            Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
            Cpc method = new Cpc(config, setup(device, encoder, images));
            Tensor mosaics = noise(device, images, 3 * grid, 1);
            double[] z = encoder.network().apply(device.tensor(Shape.of(images * grid * grid, 3, 3, 3),
                    cut(mosaics.doubles(), images, grid, 3)), Mode.TRAIN).doubles();
            double expected = new Naive(config, images, encoder.features(), values(method.parameters()), z).loss();
            assertThat(method.loss(Views.of(mosaics), new Step(device)).item())
                    .isCloseTo(expected, within(1e-12 * expected));
            assertThat(method.chanceLevel(images)).isEqualTo(Math.log(images * grid * grid));
        }
    }

    /// Patches (N G², 3, P, P) of mosaics.
    private static double[] cut(double[] mosaics, int images, int grid, int size) {
        double[] patches = new double[mosaics.length];
        int side = grid * size, at = 0;
        for (int n = 0; n < images; n++)
            for (int r = 0; r < grid; r++)
                for (int c = 0; c < grid; c++)
                    for (int channel = 0; channel < 3; channel++)
                        for (int y = 0; y < size; y++)
                            for (int x = 0; x < size; x++)
                                patches[at++] = mosaics[((n * 3 + channel) * side + r * size + y) * side
                                        + c * size + x];
        return patches;
    }

    /// The loss of latents z (N G², F) as loops. Direction d walks by (down, right) from a patch to the next that it
    /// predicts; its rows run across.
    private record Naive(Cpc.Config config, int images, int features, Map<String, double[]> weights, double[] z) {

        private static final int[][] AHEAD = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
        private static final int[][] ACROSS = {{0, 1}, {-1, 0}, {0, -1}, {1, 0}};

        double loss() {
            int g = config.grid(), count = 0;
            double total = 0;
            for (int d = 0; d < 4; d++) {
                double[][] context = context(d), targets = linear(d, "target", rows());
                for (int k = config.stepsToIgnore() + 1; k <= config.stepsToPredict(); k++, count++) {
                    int i = k - config.stepsToIgnore() - 1;
                    double[][] predicted = linear(d, "predictions." + i, context);
                    double sum = 0;
                    int predictions = 0;
                    for (int p = 0; p < images * g * g; p++) {
                        int positive = walk(p, k * AHEAD[d][0], k * AHEAD[d][1]);
                        if (positive < 0) continue;
                        double all = 0;
                        for (double[] target : targets) all += Math.exp(config.embScale() * dot(predicted[p], target));
                        sum -= Math.log(Math.exp(config.embScale() * dot(predicted[p], targets[positive])) / all);
                        predictions++;
                    }
                    assertThat(predictions).isEqualTo(images * g * (g - k));
                    total += sum / predictions;
                }
            }
            return total / count;
        }

        /// The patch that lies so far from patch p, or −1.
        private int walk(int p, int down, int right) {
            int g = config.grid(), row = p / g % g + down, column = p % g + right;
            return row < 0 || row >= g || column < 0 || column >= g ? -1 : p / (g * g) * g * g + row * g + column;
        }

        private double[][] rows() {
            double[][] rows = new double[z.length / features][];
            for (int p = 0; p < rows.length; p++) rows[p] = Arrays.copyOfRange(z, p * features, (p + 1) * features);
            return rows;
        }

        private double[][] context(int d) {
            double[][] x = rows();
            for (int b = 0; b < config.blocks(); b++) {
                String block = "context.blocks." + b + ".";
                double[][] c = relu(linear(d, block + "narrow", x));
                c = window(d, block + "across", c, new int[][] {
                    {-ACROSS[d][0], -ACROSS[d][1]}, {0, 0}, ACROSS[d]});
                c = relu(window(d, block + "down", c, new int[][] {{-AHEAD[d][0], -AHEAD[d][1]}, {0, 0}}));
                c = linear(d, block + "widen", c);
                for (int p = 0; p < x.length; p++)
                    for (int f = 0; f < features; f++) c[p][f] += x[p][f];
                x = c;
            }
            return relu(x);
        }

        private double[][] linear(int d, String name, double[][] x) {
            return window(d, name, x, new int[][] {{0, 0}});
        }

        /// y_p = Σ over the places of w · x at p + place, where there is one, + bias.
        private double[][] window(int d, String name, double[][] x, int[][] places) {
            double[] w = weights.get("directions." + d + "." + name + ".weight");
            double[] bias = weights.get("directions." + d + "." + name + ".bias");
            int in = x[0].length, size = places.length;
            double[][] y = new double[x.length][];
            for (int p = 0; p < x.length; p++) {
                y[p] = bias.clone();
                for (int u = 0; u < size; u++) {
                    int from = walk(p, places[u][0], places[u][1]);
                    if (from < 0) continue;
                    for (int o = 0; o < bias.length; o++)
                        for (int i = 0; i < in; i++) y[p][o] += w[(o * in + i) * size + u] * x[from][i];
                }
            }
            return y;
        }

        private static double[][] relu(double[][] x) {
            return Arrays.stream(x).map(row -> Arrays.stream(row).map(v -> Math.max(v, 0)).toArray())
                    .toArray(double[][]::new);
        }
    }

    // What the encoder of a patch may see.

    /// The trap of the specification: batch norm lets a patch see all others. (A change of one patch, seen in the
    /// features of others.)
    @ParameterizedTest
    @CsvSource({"layer, false", "batch, true"})
    void aPatchSeesOthersThroughBatchNormOnly(String norm, boolean seen) {
        try (Device device = Device.open("reference")) {
            Encoders.Encoder encoder = Encoders.make(encoder(2, norm), device, 4);
            Tensor patches = noise(device, 12, 4, 1);
            double[] before = encoder.network().apply(patches, Mode.TRAIN).doubles();
            double[] pixels = patches.doubles();
            Arrays.fill(pixels, pixels.length - 48, pixels.length, 1);
            double[] after = encoder.network().apply(device.tensor(patches.shape(), pixels), Mode.TRAIN).doubles();
            int others = 11 * encoder.features();
            assertThat(Arrays.equals(before, 0, others, after, 0, others)).isNotEqualTo(seen);
            assertThat(Arrays.equals(before, others, before.length, after, others, after.length)).isFalse();
        }
    }

    /// Batch norm over the whole batch learns faster: the loss is lower, after the same steps from the same seed, but
    /// what was learnt is worth no more. Measured: losses 3.04 with layer norm and 1.94 with batch norm, accuracies
    /// 0.137 and 0.131, where guessing has 0.1 and so short a run adds little to it. (Shapes of ten kinds; the
    /// neighbours of 1000 new images vote among the 512.)
    ///
    /// No leak between patches is seen here: with running statistics in place of the batch's the losses are the same
    /// to 2 % (after 200 steps 0.98 and 0.98, with layer norm 2.20 and 2.17). Where there is one, in statistics of
    /// parts of a batch, `CpcWithBatchNormTest` shows it, on patches of which none says anything about another.
    @Test
    void batchNormOverTheBatchLearnsFasterAndNoBetter() {
        double[] layer = lossAndAccuracy("layer"), batch = lossAndAccuracy("batch");
        assertThat(batch[0]).as("losses with batch and layer norm").isLessThan(0.85 * layer[0]);
        assertThat(batch[1]).as("accuracies with batch and layer norm").isLessThan(layer[1] + 0.02);
    }

    /// The mean loss of the last ten of 104 steps, and the accuracy of nearest neighbours.
    private static double[] lossAndAccuracy(String norm) {
        try (Device device = Device.open("cpu");
                Trainer trainer = trainer(byHeart(norm, 13), device, 512, 16)) {
            List<Double> losses = train(trainer, 104);
            Split split = new Split(Shapes.train(0, 512, 16), Shapes.test(0, 1000, 16), "");
            Normalize asTheyAre = new Normalize(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
            Map<String, Double> found = new Evaluation(split, 16, asTheyAre, 20, 0.07, 512, device)
                    .of(trainer.encoder());
            return new double[] {losses.subList(94, 104).stream().mapToDouble(loss -> loss).average().orElseThrow(),
                found.get("kNN-20")};
        }
    }

    // Settings.

    @ParameterizedTest
    @CsvSource({"1, 0, 1, grid", "6, -1, 3, stepsToIgnore", "6, 3, 3, stepsToPredict", "6, 2, 6, stepsToPredict"})
    void refusesDistancesThatTheGridDoesNotHave(int grid, int ignore, int predict, String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Cpc.Config(grid, 4, 2, 5, 0.1, ignore, predict))
                .withMessageStartingWith(name + " must be ");
    }

    @ParameterizedTest
    @CsvSource({"0, 2, 5, 0.1, context", "4, 0, 5, 0.1, blocks", "4, 2, 0, 0.1, target", "4, 2, 5, 0, embScale",
        "4, 2, 5, NaN, embScale"})
    void refusesImpossibleNetworks(int context, int blocks, int target, double scale, String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Cpc.Config(6, context, blocks, target, scale, 2, 3))
                .withMessageStartingWith(name + " must be ");
    }

    @Test
    void refusesViewsThatAreNoMosaic() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of());
            assertThatThrownBy(() -> method.loss(Views.of(noise(device, IMAGES, 8, 1)), new Step(device)))
                    .isInstanceOf(UserError.class).hasMessageContaining("8 pixels").hasMessageContaining("grid");
        }
    }

    @Test
    void refusesMorePatchesThanLogitsCanHave() {
        try (Device device = Device.open("reference")) {
            Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
            assertThatThrownBy(() -> new Cpc(new Cpc.Config(6, 256, 5, 64, 0.1, 2, 3), setup(device, encoder, 1288)))
                    .isInstanceOf(UserError.class).hasMessageContaining("batch is 1288").hasMessageContaining("2^31");
        }
    }

    private static Setup setup(Device device, Encoders.Encoder encoder, int images) {
        return new Setup(encoder.network(), encoder.features(), 2 * images, CLASSES, 18, images, 2, 12,
                new Init(device, 4));
    }

    @Test
    void trainsEncoderAndFourDirections() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of());
            assertThat(method.parameters().keySet()).contains("encoder.conv1.weight",
                    "directions.0.context.blocks.0.down.weight", "directions.3.predictions.0.bias",
                    "directions.2.target.weight");
            assertThat(List.copyOf(method.state().keySet())).isEqualTo(List.copyOf(method.parameters().keySet()));
        }
    }
}
