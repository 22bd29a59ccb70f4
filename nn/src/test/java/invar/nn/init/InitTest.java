package invar.nn.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Devices;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class InitTest {

    private static final Initializer NORMAL = new Initializer.Normal(1);

    private final Device device = Device.open("reference");

    private double[] draw(Init init, String name) {
        return init.tensor(name, NORMAL, Shape.of(31)).doubles();
    }

    @Test
    void valuesDependOnSeedAndNameAlone() {
        Init init = new Init(device, 7);
        double[] first = draw(init.at("a").at(0), "weight");
        draw(init, "other");
        assertThat(draw(new Init(device, 7), "a.0.weight")).containsExactly(first);
        assertThat(draw(new Init(device, 8), "a.0.weight")).isNotEqualTo(first);
        assertThat(draw(init.at("a").at(1), "weight")).isNotEqualTo(first);
    }

    @Test
    void everyDeviceGetsTheSameValues() {
        float[] expected = new Init(device, 7).tensor("w", NORMAL, Shape.of(129)).floats();
        for (String name : Devices.NAMES) {
            Tensor drawn = new Init(Devices.of(name), 7).tensor("w", NORMAL, Shape.of(129));
            assertThat(drawn.floats()).containsExactly(expected);
        }
    }

    /// 2¹⁸ · 2²³ · 2²³ is 2⁶⁴, which is 0 in a `long`.
    @Test
    void refusesAParameterThatIsLongerThanAnArray() {
        for (Shape shape : new Shape[] {Shape.of(1 << 16, 1 << 15), Shape.of(1 << 18, 1 << 23, 1 << 23)}) {
            assertThatThrownBy(() -> new Init(device, 7).at("head").tensor("w", NORMAL, shape))
                    .isInstanceOf(IllegalArgumentException.class).hasMessage("the parameter head.w of shape " + shape
                            + " would have more numbers than the longest array, 2^31 - 8");
        }
    }

    @Test
    void parametersOutliveTheScopeTheyWereMadeIn() {
        Tensor w;
        try (Scope _ = device.scope()) {
            w = new Init(device, 7).tensor("w", NORMAL, Shape.of(3));
        }
        assertThat(w.doubles()).hasSize(3);
    }

    @Test
    void distributionsHaveTheirMoments() {
        Shape shape = Shape.of(64, 16, 3, 3);                                  // 9216 values: 1/√9216 ≈ 0.01
        check(new Initializer.Normal(0.01), shape, 0.01, Double.POSITIVE_INFINITY);
        check(new Initializer.Uniform(0.3), shape, 0.3 / Math.sqrt(3), 0.3);
        check(Initializer.KAIMING_FAN_OUT, shape, Math.sqrt(2.0 / (64 * 9)), Double.POSITIVE_INFINITY);
        check(Initializer.KAIMING_FAN_OUT, Shape.of(96, 96), Math.sqrt(2.0 / 96), Double.POSITIVE_INFINITY);
        check(new Initializer.TruncatedNormal(0.02, 2), shape, 0.02 * 0.8796, 0.04);  // √(1 − 4φ(2)/(2Φ(2) − 1))
        assertThat(Initializer.ONES.sample(Shape.of(3), new Philox(1, 0))).containsExactly(1, 1, 1);
        assertThat(Initializer.ZEROS.sample(Shape.of(2), new Philox(1, 0))).containsExactly(0, 0);
    }

    private static void check(Initializer initializer, Shape shape, double deviation, double bound) {
        double[] values = initializer.sample(shape, new Philox(3, 1));
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
        assertThat(mean).isCloseTo(0, within(0.04 * deviation));
        assertThat(Math.sqrt(variance)).isCloseTo(deviation, within(0.03 * deviation));
        assertThat(Arrays.stream(values)).allMatch(v -> Math.abs(v) <= bound);
    }

    @Test
    void refusesALimitOfZero() {
        assertThatThrownBy(() -> new Initializer.TruncatedNormal(1, 0))
                .hasMessage("the limit of a truncated normal must be > 0: 0.0");
    }
}
