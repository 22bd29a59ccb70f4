package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;

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
