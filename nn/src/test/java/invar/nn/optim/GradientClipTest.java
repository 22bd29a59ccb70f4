package invar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Devices;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Limits on gradients, and weight decay of a changing strength.
final class GradientClipTest {

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void shortensWhatIsLongerThanTheLimit(String device) {
        Tensor g = Devices.of(device).tensor(Shape.of(2, 2), 1.0, -2, 2, 4);                  // ‖g‖ = 5
        double factor = 3 / (5 + 1e-6);
        assertThat(GradientClip.toNorm(g, 3).doubles())
                .containsExactly(new double[] {factor, -2 * factor, 2 * factor, 4 * factor}, within(1e-6));
        assertThat(GradientClip.toNorm(g, 6).doubles()).containsExactly(1, -2, 2, 4);
        assertThat(GradientClip.toNorm(g.full(0), 3).doubles()).containsOnly(0);
    }

    @Test
    void refusesALimitThatIsNotPositive() {
        Tensor g = Devices.of("reference").scalar(1);
        assertThatIllegalArgumentException().isThrownBy(() -> GradientClip.toNorm(g, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> GradientClip.toNorm(g, Double.NaN));
    }

    /// With a decay that stays the same it is AdamW.
    @Test
    void decaysAsAdamWDoes() {
        double[] scheduled = afterSteps(true), constant = afterSteps(false);
        assertThat(scheduled).containsExactly(constant, within(1e-12));
    }

    private static double[] afterSteps(boolean scheduled) {
        Tensor weight = Devices.of("reference").tensor(Shape.of(2, 2), 1.0, -2, 3, 0.5);
        Tensor bias = Devices.of("reference").tensor(Shape.of(2), 1.0, -2);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        parameters.put("weight", weight);
        parameters.put("bias", bias);
        WeightDecay decay = scheduled ? WeightDecay.NONE : WeightDecay.ofWeights(0.3);
        Optimizer adam = new Adam(parameters, Adam.Config.adamW(decay));
        Optimizer optimizer = scheduled ? new ScheduledDecay(adam, weight.device().scalar(0.3), false) : adam;
        for (int step = 1; step <= 3; step++) {
            optimizer.step(Map.of("weight", weight.full(0.1 * step), "bias", bias.full(-0.1)),
                    weight.device().scalar(0.05));
        }
        optimizer.step(Map.of(), weight.device().scalar(0.05));                               // nothing has a gradient
        double[] all = Arrays.copyOf(weight.doubles(), 6);
        System.arraycopy(bias.doubles(), 0, all, 4, 2);
        return all;
    }
}
