package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VicRegTest extends MethodContract {

    private static final int HIDDEN = 9;

    VicRegTest() {
        super("vicreg", Map.of("hidden", HIDDEN, "projection", 7));
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            21.817269602883, 21.209559328106, 20.383639599707, 22.926134576146, 22.362505728731, 23.752883872109,
            23.223708376934, 20.260863902263, 21.664134770401, 21.126384484751};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32), "none", 0.05);
    }

    /// Equations 1 to 6, each view by itself; with more and with fewer features than images.
    @ParameterizedTest
    @CsvSource({"3, 25, 25, 1", "17, 25, 25, 1", "7, 1, 2, 3"})
    void agreesWithEquation6(int projection, double lambda, double mu, double nu) {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("hidden", HIDDEN, "projection", projection, "invariance", lambda,
                    "variance", mu, "covariance", nu));
            Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
            Mlp expander = Mlp.of(new Init(device, 4).at("expander"), Mlp.Spec.of(encoder.features(), HIDDEN, HIDDEN,
                    projection).withHiddenBias(true).withOutputBias(false));
            Views views = views(device, 1);
            Tensor h1 = encoder.network().apply(views.first(), Mode.TRAIN);
            Tensor h2 = encoder.network().apply(views.second(), Mode.TRAIN);
            double[][] a = Spread.rows(expander.apply(h1, Mode.TRAIN)), b = Spread.rows(expander.apply(h2, Mode.TRAIN));
            double s = 0;
            for (int i = 0; i < IMAGES; i++) {
                for (int j = 0; j < projection; j++) s += Math.pow(a[i][j] - b[i][j], 2) / (IMAGES * projection);
            }
            double v = (variance(a) + variance(b)) / 2, c = covariance(a) + covariance(b);
            double expected = lambda * s + mu * v + nu * c;
            assertThat(method.loss(views, new Step(device)).item()).isCloseTo(expected, within(1e-11));
            Map<String, Double> health = method.health();
            assertThat(health.get("invariance")).isCloseTo(s, within(1e-12));
            assertThat(health.get("variance")).isCloseTo(v, within(1e-12));
            assertThat(health.get("covariance")).isCloseTo(c, within(1e-12));
            assertThat(method.loss(Views.of(views.second(), views.first()), new Step(device)).item())
                    .isCloseTo(expected, within(1e-11));
        }
    }

    /// Equations 1 and 2 with γ = 1.
    private static double variance(double[][] z) {
        double[][] covariances = covariances(z);
        double sum = 0;
        for (int j = 0; j < covariances.length; j++) sum += Math.max(0, 1 - Math.sqrt(covariances[j][j] + 1e-4));
        return sum / covariances.length;
    }

    /// Equation 4.
    private static double covariance(double[][] z) {
        double[][] covariances = covariances(z);
        double sum = 0;
        for (int i = 0; i < covariances.length; i++) {
            for (int j = 0; j < covariances.length; j++) if (i != j) sum += covariances[i][j] * covariances[i][j];
        }
        return sum / covariances.length;
    }

    /// Equation 3: over N − 1.
    private static double[][] covariances(double[][] z) {
        int n = z.length, d = z[0].length;
        double[] mean = new double[d];
        for (double[] row : z) for (int j = 0; j < d; j++) mean[j] += row[j] / n;
        double[][] covariances = new double[d][d];
        for (double[] row : z) {
            for (int i = 0; i < d; i++) {
                for (int j = 0; j < d; j++) covariances[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (n - 1);
            }
        }
        return covariances;
    }

    /// Outputs that are all the same: nothing but the variance term is left, at its highest.
    @Test
    void isAtChanceWhereAllOutputsAreTheSame() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("hidden", HIDDEN, "projection", 7));
            Tensor last = method.parameters().get("expander.layers.2.linear.weight");
            last.upload(new double[last.size()]);
            double loss = method.loss(views(device, 1), new Step(device)).item();
            assertThat(loss).isCloseTo(24.75, within(1e-12)).isCloseTo(method.chanceLevel(IMAGES), within(1e-12));
        }
    }

    /// main_vicreg.py: a bias and a batch norm in the hidden layers, neither in the last.
    @Test
    void hasTheExpanderOfTheOfficialCode() {
        try (Device device = Device.open("reference")) {
            assertThat(method(device, Map.of()).parameters().keySet()).filteredOn(name -> name.startsWith("expander."))
                    .containsExactlyInAnyOrder("expander.layers.0.linear.weight", "expander.layers.0.linear.bias",
                            "expander.layers.0.norm.weight", "expander.layers.0.norm.bias",
                            "expander.layers.1.linear.weight", "expander.layers.1.linear.bias",
                            "expander.layers.1.norm.weight", "expander.layers.1.norm.bias",
                            "expander.layers.2.linear.weight");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 5, 25, 25, 1, hidden must be at least 1 but is 0",
        "5, 0, 25, 25, 1, projection must be at least 1 but is 0",
        "5, 5, -1, 25, 1, invariance must be a number of at least 0 but is -1.0",
        "5, 5, 25, 0, 1, variance must be a number > 0 but is 0.0",
        "5, 5, 25, 25, NaN, covariance must be a number of at least 0 but is NaN"})
    void refusesWhatIsOutOfRange(int hidden, int projection, double invariance, double variance, double covariance,
            String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VicReg.Config(hidden, projection, invariance, variance, covariance))
                .withMessageStartingWith(message);
    }
}
