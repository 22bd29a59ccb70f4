package invar.core.fused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;
import invar.core.testkit.FusedGradient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NtXentTest {

    private final Device device = Device.open("reference");

    /// A_ij = sin(0.7i + 1.3j + 0.2) and B_ij = cos(0.5i − 0.9j + 0.4), 4 × 3; values computed apart, in float64.
    @ParameterizedTest
    @CsvSource({"0.5, 2.866448721343", "0.1, 8.784200205665"})
    void hasTheKnownValue(double temperature, double expected) {
        double[] z = new double[24];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 3; j++) {
                z[i * 3 + j] = Math.sin(0.7 * i + 1.3 * j + 0.2);
                z[12 + i * 3 + j] = Math.cos(0.5 * i - 0.9 * j + 0.4);
            }
        }
        Tensor loss = Ops.run(new NtXent(temperature), device.tensor(Shape.of(8, 3), z));
        assertThat(loss.item()).isCloseTo(expected, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 0.5", "2, 5, 0.05", "5, 7, 0.1", "7, 9, 2"})
    void handDerivedGradientIsThatOfTheComposition(int n, int d, double temperature) {
        FusedGradient.check(new NtXent(temperature), 1, FusedGradient.gaussian(device, n, Shape.of(2 * n, d)));
    }

    @Test
    void refusesATemperatureOfZero() {
        assertThatThrownBy(() -> new NtXent(0)).hasMessage("temperature must be a number > 0 but is 0.0");
    }

    @Test
    void refusesAnOddNumberOfRows() {
        assertThatThrownBy(() -> Ops.run(new NtXent(0.1), device.zeros(Shape.of(3, 2))))
                .isInstanceOf(ShapeException.class)
                .hasMessageContaining("even number of rows");
    }
}
