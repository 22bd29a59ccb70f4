package invar.ssl.check;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Losses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The golden op that is a whole network: a residual network with a linear classifier.
final class NetworkOps {

    private NetworkOps() {}

    static Map<String, GoldenOp> all() {
        return Map.of("resnet", NetworkOps::resNet);
    }

    /// Evaluation first, with the running statistics as given; then one training pass, which moves them.
    private static void resNet(GoldenCase golden, Device device, Outputs out) {
        ResNet encoder = ResNet.of(new Init(device, 0), spec(golden));
        Linear fc = Linear.of(new Init(device, 0), encoder.features(), golden.integer("classes"), true);
        Map<String, Tensor> state = named(Modules.state(encoder), Modules.state(fc));
        state.forEach((name, tensor) -> load(golden, name, tensor));
        Tensor x = golden.on(device, "input"), labels = golden.on(device, "labels");
        Tensor evaluated = encoder.apply(x, Mode.EVAL);
        out.put("features_eval", evaluated);
        out.put("output_eval", fc.apply(evaluated, Mode.EVAL));

        Map<String, Tensor> parameters = named(Modules.parameters(encoder), Modules.parameters(fc));
        List<Tensor> watched = new ArrayList<>(parameters.values());
        watched.add(x);
        try (Tape tape = Tape.watching(watched)) {
            Tensor features = encoder.apply(x, Mode.TRAIN);
            Tensor output = fc.apply(features, Mode.TRAIN);
            Tensor loss = Losses.crossEntropy(output, labels);
            out.put("features", features);
            out.put("output", output);
            out.put("loss", loss);
            Gradients gradients = tape.gradients(loss);
            out.put("grad_input", gradients.of(x));
            parameters.forEach((name, parameter) -> {
                Tensor gradient = gradients.of(parameter);
                out.put("grad." + name, gradient);
                out.put("grad_norm." + name, gradient.square().sum().sqrt());
            });
        }
        Modules.buffers(encoder).forEach((name, buffer) -> out.put("after." + name, buffer));
    }

    private static ResNet.Spec spec(GoldenCase golden) {
        return ResNet.Spec.of(
                constant(ResNet.Kind.class, golden, "block"),
                Arrays.stream(golden.integerList("layers")).boxed().toList(),
                golden.integer("width"),
                constant(ResNet.Stem.class, golden, "stem"));
    }

    private static <E extends Enum<E>> E constant(Class<E> type, GoldenCase golden, String key) {
        try {
            return Enum.valueOf(type, golden.text(key).toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new GoldenException("no " + key + " is called " + golden.text(key), e);
        }
    }

    /// The network's tensors under torchvision's names, in which the classifier is `fc`.
    private static Map<String, Tensor> named(Map<String, Tensor> encoder, Map<String, Tensor> classifier) {
        Map<String, Tensor> all = new LinkedHashMap<>(encoder);
        classifier.forEach((name, tensor) -> all.put("fc." + name, tensor));
        return all;
    }

    private static void load(GoldenCase golden, String name, Tensor into) {
        int[] extents = golden.extents(name);
        if (!Arrays.equals(extents, into.shape().extents())) {
            throw new GoldenException(
                    name + " has shape " + Arrays.toString(extents) + ", not the network's " + into.shape());
        }
        into.upload(golden.floats(name));
    }
}
