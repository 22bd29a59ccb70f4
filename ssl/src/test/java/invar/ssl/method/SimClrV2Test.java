package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.train.TrainConfig;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract without a memory, and what is particular to the method.
class SimClrV2Test extends MethodContract {

    SimClrV2Test() {
        super("simclrv2", Map.of("hidden", 9, "projection", 7, "temperature", 0.5));
    }

    /// Cosines of D random features have a variance of about 1/D, so D must be large.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "temperature", 0.5);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.984639454935, 2.871061739406, 3.020318520042, 2.776275750692, 3.311356377760, 3.499175067607,
            3.519013744952, 3.547518556344, 3.234089713366, 2.926375378343};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 256, "projection", 64, "temperature", 0.15), "drawings", 0.3);
    }

    private static final int MEMORY = 24, ROWS = 2 * IMAGES;
    private static final double TAU = 0.3, DECAY = 0.9;

    private final Device device = Device.open("reference");
    private final Views views = views(device, 1);
    private final Step step = new Step(device, 5);

    private SslMethod withMemory(int rows) {
        return method(device, Map.of("hidden", 9, "projection", 5, "temperature", TAU, "memory", rows, "decay", DECAY));
    }

    /// The formula of ContrastiveMemory, row by row.
    @ParameterizedTest
    @CsvSource({"0", "12", "24"})
    void isTheMeanOverBothViewsOfEachImage(int memory) {
        SslMethod method = withMemory(memory);
        double loss = first(method, views, step), expected = 0;
        double[][] z = rows(Losses.normalize(projections(withMemory(0))));
        double[][] q = memory == 0 ? new double[0][] : rows(method.state().get("memory.queue.rows"));
        assertThat(q).hasNumberOfRows(memory);
        for (int i = 0; i < ROWS; i++) {
            double sum = 0;
            for (int k = 0; k < ROWS; k++) if (k != i) sum += Math.exp(dot(z[i], z[k]) / TAU);
            for (double[] row : q) sum += Math.exp(dot(z[i], row) / TAU);
            expected -= Math.log(Math.exp(dot(z[i], z[(i + IMAGES) % ROWS]) / TAU) / sum) / ROWS;
        }
        assertThat(loss).isCloseTo(expected, within(1e-12 * expected));
    }

    /// After the optimizer's step, here a shift of all parameters: θ′ follows, and its projections of this batch, in
    /// training mode, replace the oldest rows.
    @Test
    void fillsTheMemoryWithTheProjectionsOfTheSlowNetwork() {
        SslMethod method = withMemory(MEMORY), slow = withMemory(0);
        Map<String, Tensor> state = method.state();
        double[][] before = rows(state.get("memory.queue.rows"));
        for (double[] row : before) assertThat(dot(row, row)).isCloseTo(1, within(1e-12));
        Map<String, double[]> average = new HashMap<>();
        first(method, views, step);
        method.parameters().forEach((name, tensor) -> {
            double[] theta = tensor.doubles(), shifted = Arrays.stream(theta).map(value -> value + 0.1).toArray();
            tensor.upload(shifted);
            average.put(name, IntStream.range(0, theta.length).mapToDouble(i -> DECAY * theta[i]
                    + (1 - DECAY) * shifted[i]).toArray());
        });
        method.afterUpdate(step);
        average.forEach((name, expected) -> assertThat(state.get("memory.network." + name).doubles())
                .as(name).containsExactly(expected, within(1e-15)));
        slow.parameters().forEach((name, tensor) -> tensor.upload(average.get(name)));
        double[][] expected = rows(Losses.normalize(projections(slow))), after = rows(state.get("memory.queue.rows"));
        for (int i = 0; i < MEMORY; i++) {
            assertThat(after[i]).containsExactly(i < ROWS ? expected[i] : before[i], within(i < ROWS ? 1e-12 : 0));
        }
        assertThat(state.get("memory.queue.pointer").integers()).containsExactly(ROWS);
    }

    @Test
    void hasNoSecondNetworkWithoutAMemory() {
        assertThat(withMemory(0).state().keySet()).noneMatch(name -> name.startsWith("memory"));
        assertThat(withMemory(MEMORY).parameters().keySet()).isEqualTo(withMemory(0).parameters().keySet());
    }

    @ParameterizedTest
    @CsvSource({"2, 9 5", "3, 9 9 5", "4, 9 9 9 5"})
    void hasAHeadWhoseFirstLayerIsKept(int layers, String widths) {
        SslMethod method = method(device, Map.of("hidden", 9, "projection", 5, "layers", layers));
        Mlp head = method.head().orElseThrow();
        assertThat(head.layers()).extracting(layer -> layer.linear().weight().dim(0)).containsExactly(
                Arrays.stream(widths.split(" ")).map(Integer::valueOf).toArray(Integer[]::new));
        assertThat(head.layers()).allMatch(layer -> layer.norm().isPresent() && layer.linear().bias().isEmpty());
        Tensor middle = head.first(1).apply(method.encoder().apply(views.first(), Mode.EVAL), Mode.EVAL);
        assertThat(middle.dim(1)).isEqualTo(9);
        assertThat(Arrays.stream(middle.doubles()).boxed()).allMatch(value -> value >= 0).anyMatch(value -> value > 0);
    }

    @ParameterizedTest
    @CsvSource({"0, 2.3978953", "12, 3.1354942", "65532, 11.0904617"})
    void knowsItsChanceLevel(int memory, double expected) {
        SslMethod method = method(device, Map.of("hidden", 1, "projection", 1, "memory", memory));
        assertThat(method.chanceLevel(IMAGES)).isCloseTo(expected, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "0; 5; 3; 0.5; 0; 0.9; hidden must be at least 1 but is 0",
        "5; 5; 1; 0.5; 0; 0.9; layers must be at least 2 but is 1",
        "5; 5; 3; 0; 0; 0.9; temperature must be a number > 0 but is 0.0",
        "5; 5; 3; 0.5; -8; 0.9; memory must be at least 0 but is -8",
        "5; 5; 3; 0.5; 0; 1.1; decay must be from 0 to 1 but is 1.1"})
    void refusesWhatIsOutOfRange(int hidden, int projection, int layers, double temperature, int memory, double decay,
            String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> new SimClrV2.Config(hidden, projection, layers,
                temperature, memory, decay)).withMessage(message);
    }

    @Test
    void refusesAMemoryThatBatchesDoNotFill() {
        assertThatThrownBy(() -> withMemory(30)).isInstanceOf(UserError.class)
                .hasMessage("memory must be a multiple of the batch's views, 2 × 6, but is 30.");
    }

    private Tensor projections(SslMethod method) {
        Tensor x = views.first().concat(0, views.second());
        return method.head().orElseThrow().apply(method.encoder().apply(x, Mode.TRAIN), Mode.TRAIN);
    }

    private static double[][] rows(Tensor matrix) {
        int width = matrix.dim(1);
        double[] values = matrix.doubles();
        return IntStream.range(0, matrix.dim(0)).mapToObj(i -> Arrays.copyOfRange(values, i * width, (i + 1) * width))
                .toArray(double[][]::new);
    }
}
