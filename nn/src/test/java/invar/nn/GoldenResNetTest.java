package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.init.Init;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A whole network against torchvision's: features, loss, every gradient, running statistics, evaluation.
final class GoldenResNetTest {

    private record Classifier(ResNet encoder, Linear fc) {}

    static Stream<Arguments> cases() {
        return Devices.NAMES.stream().flatMap(d -> Golden.cases("resnet").map(golden -> Arguments.of(d, golden)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("cases")
    void agreesWithTorchvision(String deviceName, Golden golden) {
        Device device = Devices.of(deviceName);
        ResNet encoder = ResNet.of(new Init(device, 1), ResNet.Spec.of(
                ResNet.Kind.valueOf(golden.text("block").toUpperCase(Locale.ROOT)), golden.list("layers"),
                (int) golden.number("width"), ResNet.Stem.valueOf(golden.text("stem").toUpperCase(Locale.ROOT))));
        int classes = (int) golden.number("classes");
        Linear fc = Linear.of(new Init(device, 1).at("fc"), encoder.features(), classes, true);

        List<String> names = new ArrayList<>(Modules.state(encoder).keySet());
        names.addAll(List.of("fc.weight", "fc.bias", "input", "labels"));
        assertThat(names).containsExactly(golden.text("inputs").split(","));
        load(golden, Modules.state(encoder), "");
        load(golden, Modules.state(fc), "fc.");

        Tensor x = golden.tensor(device, "input"), labels = golden.tensor(device, "labels");
        Tensor features = encoder.apply(x, Mode.EVAL);
        golden.check("features_eval", features);
        golden.check("output_eval", fc.apply(features, Mode.EVAL));

        Map<String, Tensor> parameters = Modules.parameters(new Classifier(encoder, fc));
        List<Tensor> watched = new ArrayList<>(parameters.values());
        watched.add(x);
        try (Tape tape = Tape.watching(watched)) {
            features = encoder.apply(x, Mode.TRAIN);
            Tensor output = fc.apply(features, Mode.TRAIN);
            Tensor loss = output.logSoftmax(1).mul(labels.oneHot(classes)).sum().scale(-1.0 / x.dim(0));
            golden.check("features", features);
            golden.check("output", output);
            golden.checkScalar("loss", loss.item());
            Gradients gradients = tape.gradients(loss);
            golden.check("grad_input", gradients.of(x));
            parameters.forEach((name, parameter) -> {
                String known = name.replace("encoder.", "");
                golden.check("grad." + known, gradients.of(parameter));
                double norm = Math.sqrt(gradients.of(parameter).square().sum().item());
                golden.checkScalar("grad_norm." + known, norm);
            });
        }
        Map<String, Tensor> buffers = Modules.buffers(encoder);
        assertThat(buffers.keySet()).containsExactlyElementsOf(golden.names("after."));
        buffers.forEach((name, buffer) -> golden.check("after." + name, buffer));
    }

    private static void load(Golden golden, Map<String, Tensor> state, String prefix) {
        state.forEach((name, tensor) -> tensor.upload(golden.stored(prefix + name).doubles()));
    }
}
