package invar.ssl.check;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Tape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Golden ops that are a differentiable function of their inputs: the gradients come from the engine's tape, and which
/// are wanted is read off the case: every output `grad_NAME` is the gradient with respect to the input NAME.
final class Differentiated {

    private static final String GRADIENT = "grad_";

    private Differentiated() {}

    /// The inputs of a case on a device.
    record Inputs(GoldenCase golden, Device device, Map<String, Tensor> byName) {

        /// The input called `name`.
        Tensor get(String name) {
            Tensor tensor = byName.get(name);
            if (tensor == null) throw new GoldenException("the case has no input " + name);
            return tensor;
        }

        /// The input called `name`, if the case has it.
        Optional<Tensor> optional(String name) {
            return Optional.ofNullable(byName.get(name));
        }
    }

    /// What is differentiated. Returns the main output; others may be put into `out` on the way.
    interface Forward {
        Tensor apply(GoldenCase golden, Inputs in, Outputs out);
    }

    /// The common case: one output.
    interface Plain {
        Tensor apply(GoldenCase golden, Inputs in);
    }

    /// A loss: a scalar output `loss` and its gradients.
    static GoldenOp loss(Forward forward) {
        return (golden, device, out) -> run(golden, device, out, "loss", forward);
    }

    /// A loss without other outputs.
    static GoldenOp loss(Plain forward) {
        return loss((golden, in, out) -> forward.apply(golden, in));
    }

    /// A function with output `name` and the gradients of Σ `grad_name` · name.
    static GoldenOp function(String name, Forward forward) {
        return (golden, device, out) -> run(golden, device, out, name, forward);
    }

    /// A function without other outputs.
    static GoldenOp function(String name, Plain forward) {
        return function(name, (golden, in, out) -> forward.apply(golden, in));
    }

    private static void run(GoldenCase golden, Device device, Outputs out, String name, Forward forward) {
        Inputs in = new Inputs(golden, device, new LinkedHashMap<>());
        for (String input : golden.inputs()) in.byName.put(input, golden.on(device, input));
        List<String> watched = new ArrayList<>();
        for (String input : golden.inputs()) {
            if (golden.outputs().contains(GRADIENT + input)) watched.add(input);
        }
        if (watched.isEmpty()) {
            out.put(name, forward.apply(golden, in, out));
            return;
        }
        try (Tape tape = Tape.watching(watched.stream().map(in::get).toList())) {
            Tensor y = forward.apply(golden, in, out);
            out.put(name, y);
            Gradients gradients = in.byName.containsKey(GRADIENT + name)
                    ? tape.gradients(y, in.get(GRADIENT + name))
                    : tape.gradients(y);
            for (String input : watched) out.put(GRADIENT + input, gradients.of(in.get(input)));
        }
    }
}
