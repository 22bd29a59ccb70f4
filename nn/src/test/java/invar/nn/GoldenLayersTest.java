package invar.nn;

import invar.core.ContractionOp;
import invar.core.Device;
import invar.core.Gradients;
import invar.core.Tape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers against PyTorch's results: forward, gradients of Σ grad_y · y, running statistics.
final class GoldenLayersTest {

    static Stream<Arguments> cases() {
        List<Arguments> all = new ArrayList<>();
        for (String device : Devices.NAMES) {
            for (String op : List.of("linear", "conv2d", "batch_norm_1d", "batch_norm_2d", "layer_norm", "relu", "gelu",
                    "max_pool2d", "adaptive_avg_pool2d")) {
                Golden.cases(op).forEach(golden -> all.add(Arguments.of(device, op, golden)));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("cases")
    void agreesWithPyTorch(String deviceName, String op, Golden golden) {
        Device device = Devices.of(deviceName);
        Map<String, Tensor> in = new LinkedHashMap<>();
        for (String name : golden.text("inputs").split(",")) in.put(name, golden.tensor(device, name));
        Layer layer = layer(op, golden, in);
        Mode mode = op.startsWith("batch_norm") && !golden.flag("training") ? Mode.EVAL : Mode.TRAIN;
        Tensor gradY = in.remove("grad_y");
        try (Tape tape = Tape.watching(in.values())) {
            Tensor y = layer.apply(in.get("x"), mode);
            if (op.equals("adaptive_avg_pool2d")) y = y.reshape(gradY.shape());        // (N, C) for (N, C, 1, 1)
            Gradients gradients = tape.gradients(y, gradY);
            for (String output : golden.text("outputs").split(",")) {
                golden.check(output, switch (output) {
                    case "y" -> y;
                    case "running_mean_after", "running_var_after" -> in.get(output.replace("_after", ""));
                    default -> gradients.of(in.get(output.replace("grad_", "")));
                });
            }
        }
    }

    private static Layer layer(String op, Golden golden, Map<String, Tensor> in) {
        Tensor weight = in.get("weight");
        Optional<Tensor> bias = Optional.ofNullable(in.get("bias"));
        return switch (op) {
            case "linear" -> new Linear(weight, bias);
            case "conv2d" -> new Conv2d(weight, bias, geometry(golden));
            case "batch_norm_1d", "batch_norm_2d" -> new BatchNorm(Optional.of(weight), bias, in.get("running_mean"),
                    in.get("running_var"), golden.number("momentum"), golden.number("eps"), false);
            case "layer_norm" -> new LayerNorm(weight, bias.orElseThrow(), golden.number("eps"));
            case "relu" -> Activation.RELU;
            case "gelu" -> Activation.GELU;
            case "max_pool2d" -> new MaxPool2d(
                    (int) golden.number("kernel"), (int) golden.number("stride"), (int) golden.number("padding"));
            case "adaptive_avg_pool2d" -> new GlobalAvgPool();
            default -> throw new AssertionError(op);
        };
    }

    private static ContractionOp.Conv2d geometry(Golden golden) {
        List<Integer> stride = golden.list("stride"), padding = golden.list("padding");
        List<Integer> dilation = golden.list("dilation");
        return new ContractionOp.Conv2d(stride.get(0), stride.get(1), padding.get(0), padding.get(1), dilation.get(0),
                dilation.get(1), (int) golden.number("groups"));
    }
}
