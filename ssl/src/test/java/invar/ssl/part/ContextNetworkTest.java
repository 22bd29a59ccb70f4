package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextNetworkTest {

    private static final int N = 2, FEATURES = 3, ROWS = 5, COLUMNS = 4;

    private final Device device = Device.open("reference");
    private final ContextNetwork network = ContextNetwork.of(new Init(device, 9), FEATURES, 7, 2);

    /// What is above reaches as far down as there are blocks; what is below reaches nothing.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void seesItsRowAndThoseAboveOnly(int changed) {
        double[] x = noise(1);
        double[] before = apply(network, x);
        for (int at = 0; at < x.length; at++) if (at / COLUMNS % ROWS == changed) x[at] += 1;
        double[] after = apply(network, x);
        for (int row = 0; row < ROWS; row++) {
            double moved = 0;
            for (int at = 0; at < x.length; at++) {
                if (at / COLUMNS % ROWS == row) moved = Math.max(moved, Math.abs(after[at] - before[at]));
            }
            if (row < changed || row > changed + 2) assertThat(moved).as("row %d", row).isZero();
            else assertThat(moved).as("row %d", row).isGreaterThan(1e-3);
        }
    }

    /// One block: one column each way; so wide that some channel passes every relu.
    @Test
    void seesBothNeighboursInItsRow() {
        ContextNetwork wide = ContextNetwork.of(new Init(device, 9), FEATURES, 64, 1);
        double[] x = noise(2);
        for (int at = 0; at < x.length; at++) x[at] += 3;                      // above the last relu
        double[] before = apply(wide, x);
        for (int at = 6; at < FEATURES * ROWS * COLUMNS; at += ROWS * COLUMNS) x[at] += 1;    // row 1, column 2
        double[] after = apply(wide, x);
        boolean[] moved = new boolean[COLUMNS];
        for (int at = 0; at < FEATURES * ROWS * COLUMNS; at++) {
            if (at / COLUMNS % ROWS == 1 && after[at] != before[at]) moved[at % COLUMNS] = true;
        }
        assertThat(moved).containsExactly(false, true, true, true);
        for (int at = FEATURES * ROWS * COLUMNS; at < x.length; at++) assertThat(after[at]).isEqualTo(before[at]);
    }

    /// One row and column are enough: what is beyond is zero.
    @Test
    void takesASinglePlace() {
        Tensor y = network.apply(device.tensor(Shape.of(1, FEATURES, 1, 1), 1, -2, 3), Mode.TRAIN);
        assertThat(y.shape()).isEqualTo(Shape.of(1, FEATURES, 1, 1));
        for (double value : y.doubles()) assertThat(value).isNotNegative();
    }

    @Test
    void startsAtTheScaleOfItsInput() {
        ContextNetwork wide = ContextNetwork.of(new Init(device, 9), 64, 32, 5);
        Philox random = new Philox(3, 0);
        double[] x = IntStream.range(0, 64 * 36).mapToDouble(i -> random.nextGaussian()).toArray();
        double[] y = wide.apply(device.tensor(Shape.of(1, 64, 6, 6), x), Mode.TRAIN).doubles();
        double square = 0;
        for (double value : y) square += value * value / y.length;
        assertThat(square).as("of which half is lost to the last relu").isCloseTo(1, within(0.6));
    }

    @Test
    void namesItsParametersAfterTheirDirections() {
        assertThat(Modules.parameters(network)).hasSize(16)
                .containsKeys("blocks.0.narrow.weight", "blocks.1.across.bias", "blocks.1.down.weight",
                        "blocks.0.widen.bias");
        assertThat(network.blocks().getFirst().across().weight().shape()).isEqualTo(Shape.of(7, 7, 1, 3));
        assertThat(network.blocks().getFirst().down().weight().shape()).isEqualTo(Shape.of(7, 7, 2, 1));
    }

    @Test
    void refusesToHaveNoBlocks() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ContextNetwork(List.of()))
                .withMessageContaining("at least one block");
    }

    private double[] apply(ContextNetwork of, double[] x) {
        return of.apply(device.tensor(Shape.of(N, FEATURES, ROWS, COLUMNS), x.clone()), Mode.TRAIN).doubles();
    }

    private static double[] noise(long seed) {
        Philox random = new Philox(seed, 0);
        return IntStream.range(0, N * FEATURES * ROWS * COLUMNS).mapToDouble(i -> random.nextGaussian()).toArray();
    }
}
