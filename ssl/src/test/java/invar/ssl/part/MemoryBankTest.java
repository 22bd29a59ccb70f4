package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import org.junit.jupiter.api.Test;

class MemoryBankTest {

    private static final Device DEVICE = Device.open("reference");

    private final MemoryBank bank = new MemoryBank(DEVICE.tensor(Shape.of(3, 2), 1, 0, 0, 1, 0.6, 0.8));

    @Test
    void movesOnlyTheRowsOfTheBatchAndKeepsThemUnit() {
        bank.update(DEVICE.tensor(Shape.of(2, 2), 0, 1, 0.6, -0.8), DEVICE.integers(Shape.of(2), 0, 2), 0.5);
        double[] rows = bank.rows().doubles();
        assertThat(rows[0]).isCloseTo(Math.sqrt(0.5), within(1e-15));          // between (1, 0) and (0, 1)
        assertThat(rows[1]).isCloseTo(Math.sqrt(0.5), within(1e-15));
        assertThat(new double[] {rows[2], rows[3]}).containsExactly(0, 1);
        assertThat(rows[4]).isCloseTo(1, within(1e-15));                       // between (0.6, 0.8) and (0.6, −0.8)
        assertThat(rows[5]).isCloseTo(0, within(1e-15));
    }

    @Test
    void withMomentumZeroARowBecomesTheFeature() {
        bank.update(DEVICE.tensor(Shape.of(1, 2), -1, 0), DEVICE.integers(Shape.of(1), 1), 0);
        assertThat(bank.rows().doubles()).containsExactly(1, 0, -1, 0, 0.6, 0.8);
        assertThatThrownBy(() -> bank.update(bank.rows(), DEVICE.integers(Shape.of(3), 0, 1, 2), 1.5))
                .hasMessageContaining("momentum");
    }

    @Test
    void startsWithRowsWhoseSquaredLengthIsOneOnAverage() {
        double[] values = MemoryBank.of(new Init(DEVICE, 3), 500, 12).rows().doubles();
        double squares = 0;
        for (double value : values) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo(0.5);              // 1 / √(12 / 3)
            squares += value * value;
        }
        assertThat(squares / 500).isCloseTo(1, within(0.05));
    }

    @Test
    void theWeightsOfAllRowsAreTheExponentialsOfTheLogits() {
        Tensor v = DEVICE.tensor(Shape.of(2, 2), 0.8, 0.6, 0, -1);
        Tensor weights = bank.weights(v, DEVICE.integers(Shape.of(2, 3), 0, 1, 2, 0, 1, 2), 0.5);
        assertThat(weights.sub(bank.logits(v, 0.5).exp()).abs().maximum().item()).isLessThan(1e-14);
        assertThat(bank.normaliser(weights).item()).isCloseTo(weights.sum().item() / 2, within(1e-12));
    }
}
