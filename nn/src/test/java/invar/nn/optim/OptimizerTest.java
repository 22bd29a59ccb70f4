package invar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.fused.LarsUpdate;
import invar.nn.Devices;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class OptimizerTest {

    private static final WeightDecay DECAY = WeightDecay.ofWeights(0.1);

    private final Device reference = Device.open("reference");

    static Stream<Arguments> optimizers() {
        Map<String, Function<Map<String, Tensor>, Optimizer>> makers = new LinkedHashMap<>();
        makers.put("sgd", p -> new Sgd(p, new Sgd.Config(0.9, DECAY, true)));
        makers.put("lars", p -> new Lars(p, new Lars.Config(LarsUpdate.Form.AUTHORS, 0.1, 0.9, 0.1, false, false)));
        makers.put("adam", p -> new Adam(p, Adam.Config.adam(DECAY)));
        makers.put("adamw", p -> new Adam(p, Adam.Config.adamW(DECAY)));
        return Devices.NAMES.stream()
                .flatMap(device -> makers.entrySet().stream().map(m -> Arguments.of(device, m.getKey(), m.getValue())));
    }

    private static Map<String, Tensor> parameters(Device device) {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        parameters.put("weight", device.tensor(Shape.of(2, 3), 1.0, -2, 3, -4, 5, -6));
        parameters.put("bias", device.tensor(Shape.of(3), 0.5, -0.5, 2));
        return parameters;
    }

    /// One step down Σ (w − 1)²/2 + Σ (b + 1)²/2, whose gradients are w − 1 and b + 1.
    private static double step(Optimizer optimizer, double rate) {
        Tensor w = optimizer.parameters().get("weight"), b = optimizer.parameters().get("bias");
        try (Tape tape = Tape.watching(w, b)) {
            Tensor loss = w.plus(-1).square().sum().add(b.plus(1).square().sum()).scale(0.5);
            optimizer.step(tape.gradients(loss), w.device().scalar(rate));
            return loss.item();
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("optimizers")
    void descends(String deviceName, String name, Function<Map<String, Tensor>, Optimizer> make) {
        Optimizer optimizer = make.apply(parameters(Devices.of(deviceName)));
        double first = step(optimizer, 0.05), last = first;
        for (int i = 0; i < 30; i++) last = step(optimizer, 0.05);
        assertThat(last).isLessThan(0.5 * first);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("optimizers")
    void goesOnFromItsState(String deviceName, String name, Function<Map<String, Tensor>, Optimizer> make) {
        Device device = Devices.of(deviceName);
        Optimizer original = make.apply(parameters(device));
        for (int i = 0; i < 3; i++) step(original, 0.01);

        Map<String, Tensor> restored = parameters(device);
        restored.forEach((n, p) -> p.upload(original.parameters().get(n).doubles()));
        Optimizer resumed = make.apply(restored);
        assertThat(resumed.state().keySet()).isEqualTo(original.state().keySet());
        resumed.state().forEach((n, tensor) -> tensor.upload(original.state().get(n).doubles()));
        for (int i = 0; i < 3; i++) {
            step(original, 0.01);
            step(resumed, 0.01);
        }
        restored.forEach((n, p) -> assertThat(p.doubles()).containsExactly(original.parameters().get(n).doubles()));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("optimizers")
    void leavesAloneWhatTheLossDoesNotReach(
            String deviceName, String name, Function<Map<String, Tensor>, Optimizer> make) {
        Optimizer optimizer = make.apply(parameters(Devices.of(deviceName)));
        Tensor w = optimizer.parameters().get("weight"), b = optimizer.parameters().get("bias");
        double[] weight = w.doubles(), bias = b.doubles();
        try (Tape tape = Tape.watching(w, b)) {
            optimizer.step(tape.gradients(b.square().sum()), w.device().scalar(0.1));
        }
        assertThat(w.doubles()).containsExactly(weight);
        assertThat(b.doubles()).isNotEqualTo(bias);
    }

    /// With gradients of zero only decay moves a parameter.
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("optimizers")
    void doesNotDecayParametersWithOneAxis(
            String deviceName, String name, Function<Map<String, Tensor>, Optimizer> make) {
        Optimizer optimizer = make.apply(parameters(Devices.of(deviceName)));
        Tensor w = optimizer.parameters().get("weight"), b = optimizer.parameters().get("bias");
        double[] weight = w.doubles(), bias = b.doubles();
        optimizer.step(Map.of("weight", w.full(0), "bias", b.full(0)), w.device().scalar(0.1));
        assertThat(b.doubles()).containsExactly(bias);
        assertThat(w.doubles()).isNotEqualTo(weight);
    }

    @Test
    void decayOnAllReachesBiases() {
        Optimizer optimizer = new Sgd(parameters(reference), new Sgd.Config(0, WeightDecay.ofAll(0.1), false));
        Tensor b = optimizer.parameters().get("bias");
        optimizer.step(Map.of("bias", b.full(0)), reference.scalar(0.5));
        assertThat(b.doubles()).containsExactly(new double[] {0.475, -0.475, 1.9}, within(1e-12));
    }

    @Test
    void stateHasANameForEveryMoment() {
        Map<String, Tensor> parameters = parameters(reference);
        assertThat(new Sgd(parameters, new Sgd.Config(0.9, DECAY, false)).state().keySet())
                .containsExactly("momentum.weight", "momentum.bias");
        assertThat(new Adam(parameters, Adam.Config.adamW(DECAY)).state().keySet())
                .containsExactly("step", "mean.weight", "mean.bias", "square.weight", "square.bias");
    }

    @Test
    void refusesSettingsOutOfRange() {
        assertThatThrownBy(() -> new Sgd.Config(1, DECAY, false))
                .hasMessage("momentum must be from 0 to below 1 but is 1.0");
        assertThatThrownBy(() -> WeightDecay.ofAll(-1)).hasMessage("weight decay must be ≥ 0 but is -1.0");
        assertThatThrownBy(() -> new Sgd(Map.of(), new Sgd.Config(0.9, DECAY, false)))
                .hasMessage("an optimiser needs at least one parameter");
    }
}
