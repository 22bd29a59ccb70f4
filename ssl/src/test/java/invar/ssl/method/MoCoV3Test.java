package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.BatchNorm;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.ProjectedEncoder;
import invar.ssl.train.TrainConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MoCoV3Test extends MethodContract {

    private static final int HIDDEN = 6, PROJECTION = 5, STEPS = 10;
    private static final double M = 0.9;

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 4);

    MoCoV3Test() {
        super("moco-v3", Map.of("hidden", 9, "projection", 7, "momentum", 0.9, "temperature", 0.5));
    }

    /// Cosines of D random features have a variance of about 1/D, so D must be large.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "temperature", 0.5);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            4.599122122554, 4.116770487496, 4.782757671118, 4.209279939087, 4.435227273540, 4.732298447242,
            4.958955025798, 4.631370830222, 4.728800650949, 4.183778132334};
    }

    /// Slowly: a batch norm of eight rows with nothing after it, as at the projector's end, makes much of rounding.
    @Override
    protected TrainConfig.Optimization optimization() {
        return new TrainConfig.Optimization("sgd", 0.002, 0.9, 1e-3, false, 1);
    }

    /// The pictures as they are: with `drawings`, 200 steps are too few to leave the chance level far behind.
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32, "momentum", 0.9, "temperature", 0.2), "none", 0.1);
    }

    /// Algorithm 1 as naive loops, the 2τ of the official code included; with keys of the momentum network after it
    /// moved, m rising along half a cosine.
    @ParameterizedTest
    @CsvSource({"2, 1", "3, 0.2", "5, 0.5"})
    void agreesWithAlgorithm1(int images, double tau) {
        MoCoV3 method = method(tau, images);
        ProjectedEncoder fq = query(), fk = Modules.copyOf(fq);
        Mlp predictor = Mlp.of(init.at("predictor"), Mlp.Spec.of(PROJECTION, HIDDEN, PROJECTION)
                .withOutputBias(false));
        Step step = new Step(device, 5);
        for (int t = 0; t < 4; t++) {
            Views views = views(device, t, images);
            step.moveTo(t);
            method.beforeStep(step);
            double loss = method.loss(views, step).item(), m = 1 - (1 - M) * (1 + Math.cos(Math.PI * t / STEPS)) / 2;
            double[][] q1 = unit(predictor.apply(fq.apply(views.first(), Mode.TRAIN), Mode.TRAIN));
            double[][] q2 = unit(predictor.apply(fq.apply(views.second(), Mode.TRAIN), Mode.TRAIN));
            average(Modules.parameters(fk), Modules.parameters(fq), m);
            double[][] k1 = unit(fk.apply(views.first(), Mode.TRAIN)), k2 = unit(fk.apply(views.second(), Mode.TRAIN));
            assertThat(loss).as("loss %d", t).isCloseTo(contrast(q1, k2, tau) + contrast(q2, k1, tau), within(1e-9));
            optimize(method.parameters(), t);
            optimize(Modules.parameters(fq), "query.", t);
            optimize(Modules.parameters(predictor), "predictor.", t);
            method.afterUpdate(step);
        }
    }

    /// ctr(q, k) of Algorithm 1: 2τ times the mean cross entropy.
    private static double contrast(double[][] q, double[][] k, double tau) {
        double loss = 0;
        for (int i = 0; i < q.length; i++) {
            double sum = 0;
            for (double[] key : k) sum += Math.exp(dot(q[i], key) / tau);
            loss -= Math.log(Math.exp(dot(q[i], k[i]) / tau) / sum) / q.length;
        }
        return 2 * tau * loss;
    }

    @Test
    void isSymmetricInTheViews() {
        Views views = views(device, 1, 5);
        double expected = first(method(0.2, 5), views, new Step(device, 5));
        double actual = first(method(0.2, 5), Views.of(views.second(), views.first()), new Step(device, 5));
        assertThat(actual).isCloseTo(expected, within(1e-12 * expected));
    }

    @Test
    void averagesMoreAndMoreSlowlyUntilTheKeysNetworkStands() {
        MoCoV3 method = method(0.2, 3);
        Step step = new Step(device, 5);
        Map<String, Tensor> state = method.state();
        String query = "query.encoder.conv1.weight", key = "key.encoder.conv1.weight";
        optimize(method.parameters(), 1);
        for (int t : new int[] {0, 5, STEPS}) {
            double m = t == 0 ? M : t == 5 ? (1 + M) / 2 : 1;
            double[] theta = state.get(query).doubles(), xi = state.get(key).doubles();
            step.moveTo(t);
            method.beforeStep(step);
            double[] now = state.get(key).doubles();
            for (int i = 0; i < now.length; i++) {
                assertThat(now[i]).as("m = %s", m).isCloseTo(m * xi[i] + (1 - m) * theta[i], within(1e-15));
            }
            assertThat(Arrays.equals(now, xi)).isEqualTo(t == STEPS);
        }
    }

    /// No biases; batch norm everywhere but at the predictor's end, without γ and β at the projector's.
    @Test
    void hasTheHeadsOfTheOfficialCode() {
        MoCoV3 method = method(0.2, 3);
        assertThat(method.parameters().keySet()).filteredOn(name -> !name.contains("encoder"))
                .containsExactlyInAnyOrder(
                        "query.projector.layers.0.linear.weight", "query.projector.layers.0.norm.weight",
                        "query.projector.layers.0.norm.bias", "query.projector.layers.1.linear.weight",
                        "predictor.layers.0.linear.weight", "predictor.layers.0.norm.weight",
                        "predictor.layers.0.norm.bias", "predictor.layers.1.linear.weight");
        assertThat(method.state()).containsKey("query.projector.layers.1.norm.running_mean")
                .containsKey("key.projector.layers.0.linear.weight")
                .doesNotContainKey("predictor.layers.1.norm.running_mean");
        assertThat(method.state().keySet()).noneMatch(name -> name.contains("queue"))
                .noneMatch(name -> name.startsWith("key.predictor"));
    }

    @Test
    void tellsHowSimilarQueriesAreToTheirKeysAndToOthers() {
        MoCoV3 method = method(0.2, 4);
        Views views = views(device, 1, 4);
        Step step = new Step(device, 5);
        first(method, views, step);
        method.afterUpdate(step);
        Map<String, Double> health = method.health();
        Mlp predictor = Mlp.of(init.at("predictor"), Mlp.Spec.of(PROJECTION, HIDDEN, PROJECTION)
                .withOutputBias(false));
        double[][] q = unit(predictor.apply(query().apply(views.first(), Mode.TRAIN), Mode.TRAIN));
        double[][] k = unit(query().apply(views.second(), Mode.TRAIN));
        double positive = IntStream.range(0, 4).mapToDouble(i -> dot(q[i], k[i])).average().orElseThrow();
        double all = Arrays.stream(q).flatMapToDouble(a -> Arrays.stream(k).mapToDouble(b -> dot(a, b))).sum();
        assertThat(health.get("positive similarity")).isCloseTo(positive, within(1e-9));
        assertThat(health.get("negative similarity")).isCloseTo((all - 4 * positive) / 12, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.2, 1})
    void hasAChanceLevelOf4TauLnN(double tau) {
        assertThat(method(tau, 3).chanceLevel(256)).isEqualTo(4 * tau * Math.log(256));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 5, 0.9, 0.1, hidden must be ", "5, 0, 0.9, 0.1, projection must be ", "5, 5, 1.1, 0.1, momentum must be ",
        "5, 5, NaN, 0.1, momentum must be ", "5, 5, 0.9, 0, temperature must be "})
    void refusesImpossibleSettings(int hidden, int projection, double momentum, double tau, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MoCoV3.Config(hidden, projection, momentum, tau))
                .withMessageStartingWith(message);
    }

    private MoCoV3 method(double tau, int batch) {
        ResNet encoder = encoderNetwork();
        return new MoCoV3(new MoCoV3.Config(HIDDEN, PROJECTION, M, tau),
                new Setup(encoder, encoder.features(), 30, 0, side(), batch, 5, STEPS, init));
    }

    private ResNet encoderNetwork() {
        return ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL));
    }

    private ProjectedEncoder query() {
        ResNet encoder = encoderNetwork();
        return new ProjectedEncoder(encoder, Mlp.of(init.at("projector"), Mlp.Spec
                .of(encoder.features(), HIDDEN, PROJECTION).withOutputBias(false)
                .withOutputNorm(BatchNorm.Affine.NONE)));
    }

    private static void average(Map<String, Tensor> target, Map<String, Tensor> online, double m) {
        target.forEach((name, xi) -> {
            double[] a = xi.doubles(), b = online.get(name).doubles();
            for (int i = 0; i < a.length; i++) a[i] = m * a[i] + (1 - m) * b[i];
            xi.upload(a);
        });
    }

    private static void optimize(Map<String, Tensor> parameters, long t) {
        optimize(parameters, "", t);
    }

    /// Moves all numbers a little, the same for the same name and step.
    private static void optimize(Map<String, Tensor> parameters, String prefix, long t) {
        parameters.forEach((name, parameter) -> {
            Philox random = new Philox(t, (prefix + name).hashCode());
            double[] values = parameter.doubles();
            for (int i = 0; i < values.length; i++) values[i] += 0.1 * random.nextGaussian();
            parameter.upload(values);
        });
    }

    private static double[][] unit(Tensor z) {
        double[] values = z.doubles();
        double[][] rows = new double[z.dim(0)][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(values, i * z.dim(1), (i + 1) * z.dim(1));
            double norm = Math.sqrt(dot(rows[i], rows[i]));
            for (int j = 0; j < rows[i].length; j++) rows[i][j] /= norm;
        }
        return rows;
    }
}
