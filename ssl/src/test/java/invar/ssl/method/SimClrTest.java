package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.train.TrainConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// In double precision, on the reference backend.
class SimClrTest extends MethodContract {

    SimClrTest() {
        super("simclr", Map.of("hidden", 9, "projection", 7, "temperature", 0.5));
    }

    /// Cosines of D random features have a variance of about 1/D, so D must be large.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "temperature", 0.5);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.306451304448, 2.935418172946, 2.519159970307, 3.217578470383, 2.650087464855, 3.047544217437,
            2.943266099445, 2.923950286404, 3.187862502672, 2.919870634494};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32, "temperature", 0.2), "drawings", 0.1);
    }

    private static final int SIDE = 8, HIDDEN = 6, PROJECTION = 5;
    private static final ResNet.Spec SPEC = ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL);

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 4);

    /// Cosines of D random features have a variance of about 1/D, so D must be large: 64 of them are
    /// enough for a large τ.
    @ParameterizedTest
    @CsvSource({"7, 0.5", "17, 0.5", "33, 0.5", "17, 1"})
    void startsNearChanceWithAnyBatch(int images, double temperature) {
        ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
        SimClr method = new SimClr(new SimClr.Config(128, 64, temperature), setup(encoder));
        double loss = loss(method, noise(images, 1), noise(images, 2));
        assertThat(method.chanceLevel(images)).isEqualTo(Math.log(2 * images - 1));
        assertThat(loss).isCloseTo(method.chanceLevel(images), within(0.15 * method.chanceLevel(images)));
    }

    @ParameterizedTest
    @CsvSource({"2, 0.5", "3, 0.1", "5, 0.07"})
    void agreesWithAlgorithm1(int images, double temperature) {
        double[] first = noise(images, 1), second = noise(images, 2);
        ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
        Mlp projector = Mlp.simClr(init.at("projector"), encoder.features(), HIDDEN, PROJECTION);
        Tensor z = projector.apply(encoder.apply(tensor(first).concat(0, tensor(second)), Mode.TRAIN), Mode.TRAIN);
        double expected = algorithm1(rows(z), images, temperature);
        assertThat(loss(method(temperature), first, second)).isCloseTo(expected, within(1e-12 * expected));
    }

    /// Algorithm 1 of the paper, with its own numbering: z₁, z₂, …, z₂ₙ, of which 2k − 1 and 2k are a pair.
    private static double algorithm1(double[][] rows, int n, double tau) {
        double[][] z = new double[2 * n + 1][];
        for (int k = 1; k <= n; k++) {
            z[2 * k - 1] = rows[k - 1];
            z[2 * k] = rows[n + k - 1];
        }
        double[][] s = new double[2 * n + 1][2 * n + 1];
        for (int i = 1; i <= 2 * n; i++) {
            for (int j = 1; j <= 2 * n; j++) s[i][j] = dot(z[i], z[j]) / (norm(z[i]) * norm(z[j]));
        }
        double loss = 0;
        for (int k = 1; k <= n; k++) loss += pair(s, 2 * k - 1, 2 * k, tau) + pair(s, 2 * k, 2 * k - 1, tau);
        return loss / (2 * n);
    }

    /// ℓ(i, j) = − log( exp(sᵢⱼ / τ) / Σₖ≠ᵢ exp(sᵢₖ / τ) )
    private static double pair(double[][] s, int i, int j, double tau) {
        double sum = 0;
        for (int k = 1; k < s.length; k++) if (k != i) sum += Math.exp(s[i][k] / tau);
        return -Math.log(Math.exp(s[i][j] / tau) / sum);
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    @Test
    void isTheSameInAnyOrderOfTheImages() {
        int n = 7;
        int[] order = Philox.of(1).permutation(n);
        double[] first = noise(n, 1), second = noise(n, 2);
        double expected = loss(method(0.2), first, second);
        assertThat(loss(method(0.2), permuted(first, order), permuted(second, order)))
                .isCloseTo(expected, within(1e-12 * expected));
        assertThat(loss(method(0.2), first, permuted(second, order))).isNotCloseTo(expected, within(1e-3));
    }

    @Test
    void isSymmetricInTheViews() {
        double[] first = noise(5, 1), second = noise(5, 2);
        double expected = loss(method(0.2), first, second);
        assertThat(loss(method(0.2), second, first)).isCloseTo(expected, within(1e-12 * expected));
    }

    @Test
    void isLowerWhereTheViewsAreTheSame() {
        double[] first = noise(5, 1), second = noise(5, 2);
        assertThat(loss(method(0.2), first, first)).isLessThan(0.5 * loss(method(0.2), first, second));
    }

    @Test
    void trainsEncoderAndProjectorAndStoresTheirStatisticsToo() {
        SimClr method = method(0.5);
        assertThat(method.parameters().keySet()).contains("encoder.conv1.weight", "encoder.layer4.0.bn2.bias",
                        "projector.layers.0.linear.weight").allMatch(name -> name.matches("(encoder|projector)[.].*"))
                .noneMatch(name -> name.contains("running"));
        assertThat(method.state().keySet()).containsAll(method.parameters().keySet())
                .contains("encoder.bn1.running_mean");
        assertThat(method.encoder()).isInstanceOf(ResNet.class);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.5, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesATemperatureThatIsNotPositive(double temperature) {
        assertThatIllegalArgumentException().isThrownBy(() -> new SimClr.Config(6, 5, temperature))
                .withMessage("temperature must be a number > 0 but is " + temperature);
    }

    @ParameterizedTest
    @CsvSource({"0, 5, hidden", "5, 0, projection", "200000, 5, hidden", "5, 200000, projection", "-1, 5, hidden"})
    void refusesAHeadOfImpossibleWidth(int hidden, int projection, String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new SimClr.Config(hidden, projection, 0.5))
                .withMessageStartingWith(name + " must be ");
    }

    @Test
    void isKnownByName() {
        Methods.Entry<?> entry = Methods.named("simclr");
        assertThat(entry.settings()).isEqualTo(SimClr.Config.class);
        assertThat(entry.source()).contains("arXiv:2002.05709");
        assertThat(Methods.all()).extracting(e -> (Object) e.name()).contains("simclr");
    }

    private SimClr method(double temperature) {
        ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
        return new SimClr(new SimClr.Config(HIDDEN, PROJECTION, temperature), setup(encoder));
    }

    private Setup setup(ResNet encoder) {
        return new Setup(encoder, encoder.features(), 9, 0, SIDE, 4, 2, 6, init);
    }

    private double loss(SimClr method, double[] first, double[] second) {
        return method.loss(Views.of(tensor(first), tensor(second)), new Step(device)).item();
    }

    private Tensor tensor(double[] images) {
        return device.tensor(Shape.of(images.length / (3 * SIDE * SIDE), 3, SIDE, SIDE), images);
    }

    private static double[] noise(int images, long seed) {
        Philox random = new Philox(seed, 0);
        return IntStream.range(0, images * 3 * SIDE * SIDE).mapToDouble(i -> random.nextGaussian()).toArray();
    }

    private static double[] permuted(double[] images, int[] order) {
        int pixels = 3 * SIDE * SIDE;
        double[] result = new double[images.length];
        for (int i = 0; i < order.length; i++) System.arraycopy(images, order[i] * pixels, result, i * pixels, pixels);
        return result;
    }

    private static double[][] rows(Tensor z) {
        double[] values = z.doubles();
        double[][] rows = new double[z.dim(0)][];
        for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(values, i * z.dim(1), (i + 1) * z.dim(1));
        return rows;
    }
}
