package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract with the full softmax over the bank, and what is particular to the forms.
class InstanceDiscriminationTest extends MethodContract {

    InstanceDiscriminationTest() {
        super("instdisc", Map.of("form", "nonparametric", "projection", 7, "temperature", 0.5, "proximal", 0.3,
                "firstPass", false));
    }

    /// Without the proximal term, which compares with random rows at first and so is about 2λ.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("form", "nonparametric", "projection", 64, "temperature", 0.5, "firstPass", false);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            3.867656719424, 4.392290315501, 4.422671666703, 4.370616194996, 4.271781634400, 3.971863162344,
            4.050882357656, 3.732460387318, 3.740933590043, 3.524603588269};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("form", "nonparametric", "projection", 32, "temperature", 0.1), "none", 0.1);
    }

    private static final int WIDTH = 5, NOISE = 9, STEPS = 3;
    private static final double TAU = 0.3;

    private final Device device = Device.open("reference");
    private final Views views = views(device, 1);
    private final int[] index = views.index().orElseThrow().integers();
    private final Step step = new Step(device, 5);

    private SslMethod method(String form, double momentum, double proximal) {
        return method(device, Map.of("form", form, "projection", WIDTH, "temperature", TAU, "negatives", NOISE,
                "momentum", momentum, "proximal", proximal, "firstPass", false));
    }

    /// A pass before the first step, where there is a bank, makes its rows what the untrained encoder makes of the
    /// images. With `nce` Z is of these rows.
    @Test
    void beginsWithFeaturesWhereAPassIsWanted() {
        for (String form : new String[] {"nonparametric", "nce"}) {
            SslMethod method = method(device, Map.of("form", form, "projection", WIDTH, "firstPass", true));
            assertThat(method.observesFirst()).isTrue();
            method.observe(views, step);
            double[][] v = features(true), bank = rows(method.state().get("bank.rows"));
            for (int i = 0; i < IMAGES; i++) assertThat(bank[index[i]]).containsExactly(v[i], within(1e-12));
            assertThat(first(method, views, step)).isLessThan(2 * method.chanceLevel(IMAGES));
            assertThat(method(form, 0.5, 0).observesFirst()).isFalse();
        }
        assertThat(method(device, Map.of("form", "parametric", "projection", WIDTH)).observesFirst()).isFalse();
    }

    /// Eq. 1, 2, and 4 to 8, in the words of the paper but for ε and the mean over a batch.
    @ParameterizedTest
    @ValueSource(strings = {"parametric", "nonparametric", "nce"})
    void agreesWithThePaper(String form) {
        SslMethod method = method(form, 0.5, 0);
        double loss = first(method, views, step), expected = 0;
        double[][] v = features(!form.equals("parametric"));
        double[][] of = rows(method.state().get(form.equals("parametric") ? "w.weight" : "bank.rows"));
        assertThat(of).hasDimensions(2 * IMAGES, WIDTH);
        if (form.equals("nce")) {
            expected = noiseContrast(v, of, method.state().get("contrast.noise").integers());
        } else {
            double tau = form.equals("parametric") ? 1 : TAU;
            for (int i = 0; i < IMAGES; i++) {
                double sum = 0;
                for (double[] row : of) sum += Math.exp(dot(row, v[i]) / tau);
                expected -= Math.log(Math.exp(dot(of[index[i]], v[i]) / tau) / sum) / IMAGES;
            }
        }
        assertThat(loss).isCloseTo(expected, within(1e-12 * expected));
    }

    private double noiseContrast(double[][] v, double[][] bank, int[] noise) {
        int n = bank.length;
        double z = 0, loss = 0, pn = 1.0 / n, epsilon = 1e-7;
        for (int i = 0; i < IMAGES; i++) {
            z += Math.exp(dot(v[i], bank[index[i]]) / TAU);
            for (int j = 0; j < NOISE; j++) z += Math.exp(dot(v[i], bank[noise[i * NOISE + j]]) / TAU);
        }
        z *= (double) n / (IMAGES * (NOISE + 1));
        for (int i = 0; i < IMAGES; i++) {
            double p = Math.exp(dot(v[i], bank[index[i]]) / TAU) / z;
            loss -= Math.log(p / (p + NOISE * pn + epsilon));
            for (int j = 0; j < NOISE; j++) {
                double q = Math.exp(dot(v[i], bank[noise[i * NOISE + j]]) / TAU) / z;
                loss -= Math.log(NOISE * pn / (q + NOISE * pn + epsilon));
            }
        }
        return loss / IMAGES;
    }

    /// Eq. 9, with the rows as they were before the step.
    @ParameterizedTest
    @ValueSource(strings = {"nonparametric", "nce"})
    void addsTheProximalTerm(String form) {
        SslMethod method = method(form, 0.5, 3);
        double[][] bank = rows(method.state().get("bank.rows")), v = features(true);
        double plain = first(method(form, 0.5, 0), views, step), distance = 0;
        for (int i = 0; i < IMAGES; i++) {
            for (int k = 0; k < WIDTH; k++) distance += Math.pow(v[i][k] - bank[index[i]][k], 2);
        }
        assertThat(first(method, views, step)).isCloseTo(plain + 3 * distance / IMAGES, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"nonparametric, 0.5", "nonparametric, 0", "nce, 0.9"})
    void movesTheRowsOfItsBatchAndNoOthers(String form, double momentum) {
        SslMethod method = method(form, momentum, 0);
        Tensor bank = method.state().get("bank.rows");
        double[][] expected = rows(bank), v = features(true);
        first(method, views, step);
        assertThat(rows(bank)).as("before the update").isDeepEqualTo(expected);
        method.afterUpdate(step);
        for (int i = 0; i < IMAGES; i++) {
            double[] row = expected[index[i]];
            for (int k = 0; k < WIDTH; k++) row[k] = momentum * row[k] + (1 - momentum) * v[i][k];
            double norm = Math.sqrt(dot(row, row));
            for (int k = 0; k < WIDTH; k++) row[k] /= norm;
        }
        Set<Integer> moved = new HashSet<>(IntStream.of(index).boxed().toList());
        double[][] actual = rows(bank);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).containsExactly(expected[i], within(moved.contains(i) ? 1e-14 : 0));
        }
    }

    /// The estimate of a later batch would be another one, because the bank and the noise have changed.
    @Test
    void keepsTheConstantOfTheFirstBatch() {
        SslMethod method = method("nce", 0.5, 0);
        Tensor z = method.state().get("contrast.z");
        assertThat(z.item()).isZero();
        double[] constants = new double[STEPS];
        int[][] noise = new int[STEPS][];
        for (int k = 0; k < STEPS; k++) {
            step.moveTo(k);
            method.beforeStep(step);
            noise[k] = method.state().get("contrast.noise").integers();
            method.loss(views, step);
            method.afterUpdate(step);
            constants[k] = z.item();
        }
        assertThat(constants).containsOnly(constants[0]);
        assertThat(constants[0]).isPositive();
        assertThat(noise[1]).isNotEqualTo(noise[0]);
    }

    /// m/n of them are an image's own row: nothing keeps it out, as in the official code.
    @Test
    void drawsNoiseFromAllImagesAlike() {
        SslMethod method = method(device, Map.of("form", "nce", "projection", 2, "negatives", 1000));
        Tensor noise = method.state().get("contrast.noise");
        step.moveTo(7);
        method.beforeStep(step);
        int[] drawn = noise.integers(), counts = new int[2 * IMAGES];
        for (int row : drawn) counts[row]++;
        double mean = (double) drawn.length / counts.length;                    // 500, deviation √(500 · 11/12) = 21
        for (int count : counts) assertThat((double) count).isCloseTo(mean, within(5 * Math.sqrt(mean)));
        method.beforeStep(step);
        assertThat(noise.integers()).isEqualTo(drawn);
    }

    @ParameterizedTest
    @CsvSource({"parametric, 1, 2.4849066", "nonparametric, 64, 2.4849066", "nce, 1, 1.3862944",
        "nce, 4096, 9.3178882"})
    void knowsItsChanceLevel(String form, int negatives, double expected) {
        SslMethod method = method(device, Map.of("form", form, "negatives", negatives));
        assertThat(method.chanceLevel(IMAGES)).isCloseTo(expected, within(1e-6));
    }

    @Test
    void embedsAsItCompares() {
        double[][] compared = rows(method("nonparametric", 0.5, 0).embed(views.first()));
        for (double[] row : compared) assertThat(dot(row, row)).isCloseTo(1, within(1e-12));
        assertThat(method("parametric", 0.5, 0).state()).doesNotContainKey("bank.rows");
        assertThat(Methods.named("instdisc").needs()).hasToString("1 view, bank");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "softmax; 5; 0.1; 4; 0.5; 0; form must be parametric or nonparametric or nce but is 'softmax'",
        "nce; 0; 0.1; 4; 0.5; 0; projection must be at least 1 but is 0",
        "nonparametric; 5; 0; 4; 0.5; 0; temperature must be a number > 0 but is 0.0",
        "nce; 5; 0.01; 4; 0.5; 0; temperature must be at least 0.02 with the form nce, for exp(1/τ), but is 0.01",
        "nce; 5; 0.1; 0; 0.5; 0; negatives must be at least 1 but is 0",
        "nce; 5; 0.1; 4; 1.5; 0; momentum must be from 0 to 1 but is 1.5",
        "nce; 5; 0.1; 4; 0.5; -1; proximal must be a number of at least 0 but is -1.0",
        "parametric; 5; 0.1; 4; 0.5; 2; proximal must be 0 with the form parametric, which keeps no features, but is "
                + "2.0"})
    void refusesWhatIsOutOfRange(String form, int projection, double temperature, int negatives, double momentum,
            double proximal, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> new InstanceDiscrimination.Config(form, projection,
                temperature, negatives, momentum, proximal, true)).withMessage(message);
    }

    @Test
    void refusesMoreThanAnArrayHolds() {
        Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
        Setup setup = new Setup(encoder.network(), encoder.features(), 1_300_000, 0, 8, 4096, 2, 12,
                new Init(device, 4));
        InstanceDiscrimination.Config config = new InstanceDiscrimination.Config("nce", 128, 0.07, 4096, 0.5, 0, false);
        assertThatThrownBy(() -> new InstanceDiscrimination(config, setup))
                .isInstanceOf(UserError.class)
                .hasMessage("batch × negatives × projection must be below 2^31 - 64 but is 2147483648.");
    }

    /// v of the views, by a network like the method's at its start.
    private double[][] features(boolean unit) {
        Encoders.Encoder encoder = Encoders.make(encoder(), device, 4);
        Mlp projector = Mlp.of(new Init(device, 4).at("projector"), Mlp.Spec.of(encoder.features(), WIDTH));
        double[][] v = rows(projector.apply(encoder.network().apply(views.first(), Mode.TRAIN), Mode.TRAIN));
        for (double[] row : v) {
            double norm = unit ? Math.sqrt(dot(row, row)) : 1;
            for (int k = 0; k < row.length; k++) row[k] /= norm;
        }
        return v;
    }

    private static double[][] rows(Tensor matrix) {
        Shape shape = matrix.shape();
        double[] values = matrix.doubles();
        return IntStream.range(0, shape.dim(0)).mapToObj(i -> Arrays.copyOfRange(values, i * shape.dim(1),
                (i + 1) * shape.dim(1))).toArray(double[][]::new);
    }
}
