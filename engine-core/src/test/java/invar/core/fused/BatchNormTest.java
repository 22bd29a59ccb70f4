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

final class BatchNormTest {

    private static final double EPSILON = 1e-5;

    private final Device device = Device.open("reference");

    private Tensor row(double... values) {
        return device.tensor(Shape.of(values.length), values);
    }

    /// One channel of 1, 3: mean 2, variance 1; the other of 0, 4: mean 2, variance 4.
    @Test
    void normalisesEachChannel() {
        Tensor x = device.tensor(Shape.of(2, 2), 1, 0, 3, 4);
        Tensor[] out = Ops.apply(new BatchNorm(1e-15, false), x, row(10, 1), row(5, -0.5));
        assertThat(out[0].doubles()).containsExactly(new double[] {-5, -1.5, 15, 0.5}, within(1e-12));
        assertThat(out[1].doubles()).containsExactly(2, 2);
        assertThat(out[2].doubles()).containsExactly(1, 4);
        Tensor rectified = Ops.run(new BatchNorm(1e-15, true), x, row(10, 1), row(5, -0.5));
        assertThat(rectified.doubles()).containsExactly(new double[] {0, 0, 15, 0.5}, within(1e-12));
    }

    @Test
    void keepsItsDigitsWhereTheMeanIsLarge() {
        Tensor x = device.tensor(Shape.of(2, 1), 1e8 + 1, 1e8 + 3);
        assertThat(Ops.apply(new BatchNorm(EPSILON, false), x, row(1), row(0))[2].item()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"2, 3, 1, 1, 2", "5, 7, 1, 1, 2", "3, 2, 5, 1, 3", "1, 3, 5, 3, 4", "4, 5, 3, 2, 4"})
    void handDerivedGradientIsThatOfTheComposition(int n, int c, int h, int w, int rank) {
        Shape shape = rank == 2 ? Shape.of(n, c) : rank == 3 ? Shape.of(n, c, h) : Shape.of(n, c, h, w);
        for (boolean relu : new boolean[] {false, true}) {
            FusedGradient.check(new BatchNorm(EPSILON, relu), 7,
                    FusedGradient.gaussian(device, 1, shape),
                    FusedGradient.gaussian(device, 2, Shape.of(c)),
                    FusedGradient.gaussian(device, 3, Shape.of(c)));
            FusedGradient.check(new BatchNorm(EPSILON, relu), 7,
                    FusedGradient.gaussian(device, 1, shape),
                    FusedGradient.gaussian(device, 2, Shape.of(c)),
                    FusedGradient.gaussian(device, 3, Shape.of(c)),
                    FusedGradient.gaussian(device, 4, shape));
        }
    }

    /// y = −5, −1.5, 15, 0.5 without the residual, as in [#normalisesEachChannel].
    @Test
    void addsTheResidualBeforeTheReLU() {
        Tensor x = device.tensor(Shape.of(2, 2), 1, 0, 3, 4), r = device.tensor(Shape.of(2, 2), 6, 1, -20, -1);
        Tensor sum = Ops.run(new BatchNorm(1e-15, false), x, row(10, 1), row(5, -0.5), r);
        assertThat(sum.doubles()).containsExactly(new double[] {1, -0.5, -5, -0.5}, within(1e-12));
        Tensor rectified = Ops.run(new BatchNorm(1e-15, true), x, row(10, 1), row(5, -0.5), r);
        assertThat(rectified.doubles()).containsExactly(new double[] {1, 0, 0, 0}, within(1e-12));
    }

    @Test
    void refusesAResidualOfAnotherShape() {
        Tensor x = device.zeros(Shape.of(2, 3)), r = device.zeros(Shape.of(3));
        assertThatThrownBy(() -> Ops.run(new BatchNorm(EPSILON, true), x, row(1, 1, 1), row(0, 0, 0), r))
                .isInstanceOf(ShapeException.class);
    }

    @Test
    void refusesOneValuePerChannel() {
        Tensor x = device.zeros(Shape.of(1, 3));
        assertThatThrownBy(() -> Ops.run(new BatchNorm(EPSILON, false), x, row(1, 1, 1), row(0, 0, 0)))
                .isInstanceOf(ShapeException.class)
                .hasMessageContaining("one value per channel has no variance");
    }

    @Test
    void refusesAnEpsilonOfZero() {
        assertThatThrownBy(() -> new BatchNorm(0, true)).hasMessage("epsilon must be a number > 0 but is 0.0");
    }
}
