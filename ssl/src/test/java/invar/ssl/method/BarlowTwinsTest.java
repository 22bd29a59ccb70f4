package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.train.Encoders;
import invar.ssl.train.Presets;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BarlowTwinsTest extends MethodContract {

    private static final int HIDDEN = 9;

    BarlowTwinsTest() {
        super("barlow", Map.of("hidden", HIDDEN, "projection", 7, "biasRate", 0.5));
    }

    /// The more features, the nearer their mean is to what is expected.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "scale", 0.5);
    }

    /// By chance each Cᵢᵢ is off by about 1/√24 = 0.2 and (1 − Cᵢᵢ)² by 0.4. Features drawn one by one make up for each
    /// other, see [#isAtChanceWithFeaturesDrawnOneByOne]; those of an untrained network, of which few are different,
    /// are off together.
    @Override
    protected double nearChance(double chance) {
        return 0.4 * chance;
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            0.597043351514, 1.073179844621, 0.462813632200, 0.507463469637, 0.456941021518, 1.152065938407,
            0.779336424939, 0.644512646513, 0.501399557829, 0.779437713901};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(0.1);
    }

    /// Each feature has D − 1 others, so few features need a large λ: 0.1 · 31 is about the 0.005 · 511 of the
    /// defaults.
    private TrainConfig byHeart(double lambda) {
        return byHeart(Map.of("hidden", 64, "projection", 32, "lambda", lambda, "scale", 0.1), "drawings", 0.1);
    }

    private static Tensor project(Layer encoder, Mlp projector, Tensor x) {
        return projector.apply(encoder.apply(x, Mode.TRAIN), Mode.TRAIN);
    }

    /// Equations 1 and 2, each view normalised over its own batch; with more and with fewer features than images.
    @ParameterizedTest
    @CsvSource({"3, 0.005, 1", "17, 0.005, 1", "17, 0, 0.1", "9, 0.0051, 0.03125"})
    void agreesWithEquation1(int projection, double lambda, double scale) {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("hidden", HIDDEN, "projection", projection, "lambda", lambda,
                    "scale", scale));
            Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
            Mlp projector = Mlp.of(new Init(device, 4).at("projector"), Mlp.Spec.of(encoder.features(), HIDDEN, HIDDEN,
                    projection).withOutputBias(false));
            Views views = views(device, 1);
            double[][] a = columns(project(encoder.network(), projector, views.first()));
            double[][] b = columns(project(encoder.network(), projector, views.second()));
            double onDiagonal = 0, offDiagonal = 0, trace = 0;
            for (int i = 0; i < projection; i++) {
                for (int j = 0; j < projection; j++) {
                    double c = dot(a[i], b[j]) / IMAGES;
                    if (i == j) onDiagonal += (1 - c) * (1 - c);
                    else offDiagonal += c * c;
                    if (i == j) trace += c;
                }
            }
            double expected = scale * (onDiagonal + lambda * offDiagonal);
            assertThat(method.loss(views, new Step(device)).item()).isCloseTo(expected, within(1e-11));
            assertThat(method.health().get("mean diagonal")).isCloseTo(trace / projection, within(1e-12));
            assertThat(method.loss(Views.of(views.second(), views.first()), new Step(device)).item())
                    .isCloseTo(expected, within(1e-11));
        }
    }

    /// Each of mean 0 and of biased variance 1, but for ε.
    private static double[][] columns(Tensor z) {
        double[][] rows = Spread.rows(z), columns = new double[z.dim(1)][rows.length];
        for (int j = 0; j < columns.length; j++) {
            double mean = 0, variance = 0;
            for (double[] row : rows) mean += row[j] / rows.length;
            for (double[] row : rows) variance += (row[j] - mean) * (row[j] - mean) / rows.length;
            for (int i = 0; i < rows.length; i++) columns[j][i] = (rows[i][j] - mean) / Math.sqrt(variance + 1e-5);
        }
        return columns;
    }

    /// Near 0, because both views then are one.
    @Test
    void hasADiagonalOfOneWhereTheViewsAreTheSame() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("hidden", HIDDEN, "projection", 3, "lambda", 0.0));
            Views views = views(device, 1);
            assertThat(method.loss(Views.of(views.first(), views.first()), new Step(device)).item())
                    .isCloseTo(0, within(1e-4));
            assertThat(method.health().get("mean diagonal")).isCloseTo(1, within(1e-2));
        }
    }

    /// main.py: no biases in the projector, no batch norm at its end.
    @Test
    void hasTheProjectorOfTheOfficialCode() {
        try (Device device = Device.open("reference")) {
            assertThat(method(device, Map.of()).parameters().keySet())
                    .filteredOn(name -> name.startsWith("projector."))
                    .containsExactlyInAnyOrder("projector.layers.0.linear.weight", "projector.layers.0.norm.weight",
                            "projector.layers.0.norm.bias", "projector.layers.1.linear.weight",
                            "projector.layers.1.norm.weight", "projector.layers.1.norm.bias",
                            "projector.layers.2.linear.weight");
        }
    }

    /// Sec. 2.2: 0.2 for weights, 0.0048 for biases and batch norms.
    @Test
    void trainsBiasesAndBatchNormsAtAnotherRate() {
        assertThat(Presets.settings("barlow", Presets.PAPER)).hasFieldOrPropertyWithValue("biasRate", 0.024);
        try (Device device = Device.open("reference")) {
            List<ParameterGroup> groups = method(device, Map.of("biasRate", 0.024)).groups();
            assertThat(groups).extracting(ParameterGroup::factor).containsExactly(1.0, 0.024);
            assertThat(groups.get(0).parameters().values()).allMatch(p -> p.shape().rank() > 1);
            assertThat(groups.get(1).parameters().keySet()).contains("encoder.bn1.weight",
                    "projector.layers.0.norm.bias");
            assertThat(groups.get(1).parameters().values()).allMatch(p -> p.shape().rank() == 1);
        }
    }

    @Test
    void hasAChanceLevelThatCountsBothTerms() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("projection", 8, "lambda", 0.5, "scale", 0.1));
            assertThat(method.chanceLevel(14)).isCloseTo(0.1 * (8 + 0.5 * 8 * 7 / 14), within(1e-12));
        }
    }

    @ParameterizedTest
    @CsvSource({"65, 0.1", "129, 0.005", "129, 0.5"})
    void isAtChanceWithFeaturesDrawnOneByOne(int images, double lambda) {
        try (Device device = Device.open("reference")) {
            double chance = method(device, Map.of("projection", 129, "lambda", lambda, "scale", 1)).chanceLevel(images);
            double loss = Losses.barlowTwins(noise(device, images, 1), noise(device, images, 2), lambda).item();
            assertThat(loss).isCloseTo(chance, within(0.08 * chance));
        }
    }

    private static Tensor noise(Device device, int rows, long seed) {
        Philox random = new Philox(seed, 0);
        double[] values = new double[rows * 129];
        for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
        return device.tensor(Shape.of(rows, 129), values);
    }

    /// Without the off-diagonal term the features agree between the views as well, but say the same few things.
    @Test
    void becomesRedundantWithoutLambda() {
        try (Device device = Device.open("cpu"); Trainer with = trainer(byHeart(0.1), device, 512, 16);
                Trainer without = trainer(byHeart(0), device, 512, 16)) {
            train(with, 100);
            train(without, 100);
            double rank = Spread.effectiveRank(Spread.embeddings(with.method(), device, 16));
            double redundant = Spread.effectiveRank(Spread.embeddings(without.method(), device, 16));
            assertThat(redundant).isLessThan(1.5);
            assertThat(rank).isGreaterThan(2.5);
            assertThat(without.method().health().get("mean diagonal")).isGreaterThan(0.5);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 5, 0.1, 1, 1, hidden must be at least 1 but is 0",
        "5, 0, 0.1, 1, 1, projection must be at least 1 but is 0",
        "5, 5, -0.1, 1, 1, lambda must be a number of at least 0 but is -0.1",
        "5, 5, 0.1, 0, 1, scale must be a number > 0 but is 0.0",
        "5, 5, 0.1, 1, 0, biasRate must be a number > 0 but is 0.0"})
    void refusesWhatIsOutOfRange(int hidden, int projection, double lambda, double scale, double biasRate,
            String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BarlowTwins.Config(hidden, projection, lambda, scale, biasRate))
                .withMessageStartingWith(message);
    }
}
