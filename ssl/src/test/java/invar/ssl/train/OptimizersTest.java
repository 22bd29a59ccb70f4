package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.optim.Optimizer;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OptimizersTest {

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "lars"})
    void usesMomentumAndNesterov(String name) {
        double[] plain = afterTwoSteps(name, 0.9, false);
        assertThat(afterTwoSteps(name, 0.1, false)).isNotEqualTo(plain);
        assertThat(afterTwoSteps(name, 0.9, true)).isNotEqualTo(plain);
    }

    /// What starts at 0 has no norm to scale its steps by: LARS leaves it out, and takes the steps of momentum SGD
    /// without decay.
    @ParameterizedTest
    @ValueSource(strings = {"lars", "lars-simclr", "lars-lightly"})
    void trainsAPlainGroupAsSgdDoes(String name) {
        double[] gradient = {0.1, 0.2, -0.3, 0.4}, expected = new double[4], velocity = new double[4];
        try (Device device = Device.open("reference")) {
            Tensor weight = device.zeros(Shape.of(2, 2)), scaled = device.zeros(Shape.of(2, 2));
            TrainConfig.Optimization o = new TrainConfig.Optimization(name, 0.1, 0.9, 0.01, false, 0);
            Optimizer plain = Optimizers.make(o, Map.of("weight", weight), true);
            Optimizer usual = Optimizers.make(o, Map.of("weight", scaled), false);
            for (int step = 0; step < 3; step++) {
                plain.step(Map.of("weight", device.tensor(Shape.of(2, 2), gradient)), device.scalar(0.1));
                usual.step(Map.of("weight", device.tensor(Shape.of(2, 2), gradient)), device.scalar(0.1));
                for (int i = 0; i < 4; i++) {
                    velocity[i] = 0.9 * velocity[i] + gradient[i];
                    expected[i] -= 0.1 * velocity[i];
                }
            }
            assertThat(weight.doubles()).containsExactly(expected, within(1e-14));
            assertThat(scaled.doubles()).isNotEqualTo(weight.doubles());
        }
    }

    private static double[] afterTwoSteps(String name, double momentum, boolean nesterov) {
        try (Device device = Device.open("reference")) {
            Tensor weight = device.tensor(Shape.of(2, 2), 1.0, -2, 3, 0.5);
            Map<String, Tensor> gradient = Map.of("weight", device.tensor(Shape.of(2, 2), 0.1, 0.2, -0.3, 0.4));
            Optimizer optimizer = Optimizers.make(
                    new TrainConfig.Optimization(name, 0.1, momentum, 1e-4, nesterov, 0), Map.of("weight", weight));
            for (int step = 0; step < 2; step++) optimizer.step(gradient, device.scalar(0.1));
            return weight.doubles();
        }
    }
}
