package invar.core.testkit;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Tape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Something a backend computes, to be compared with the reference: an op on given inputs, or the gradients of an op.
///
/// @param what what is special about the inputs
/// @param gradient whether the gradients for all floating inputs are computed, through a [Tape]; the last of `in` is
///                 then the gradient of the op's first output
public record Case(String what, Op op, boolean gradient, Tolerance tolerance, List<Input> in) {

    /// The op itself.
    public static Case of(String what, Op op, Tolerance tolerance, Input... in) {
        return new Case(what, op, false, tolerance, List.of(in));
    }

    /// The gradients of the op.
    public static Case gradient(String what, Op op, Tolerance tolerance, Input... in) {
        return new Case(what, op, true, tolerance, List.of(in));
    }

    /// Op, shapes and speciality.
    @Override
    public String toString() {
        String shapes = in.stream().map(x -> x.shape().toString()).collect(Collectors.joining(" "));
        String kind = op instanceof Enum<?> ? OpKinds.of(op) : op.toString();
        return kind + (gradient ? " gradient " : " ") + shapes + (what.isEmpty() ? "" : ", " + what);
    }

    /// The inputs, made in the current scope of a device.
    Tensor[] inputs(Device device) {
        return in.stream().map(x -> x.on(device)).toArray(Tensor[]::new);
    }

    /// What is compared: outputs, overwritten inputs, or gradients.
    List<Tensor> run(Tensor[] x) {
        if (gradient) return gradients(x);
        Tensor[] out = Ops.apply(op, x);
        return op instanceof Op.InPlace update ? written(update, x) : List.of(out);
    }

    static List<Tensor> written(Op.InPlace update, Tensor[] x) {
        return List.of(x).subList(0, update.written());
    }

    private List<Tensor> gradients(Tensor[] x) {
        Tensor[] in = Arrays.copyOf(x, x.length - 1);
        List<Tensor> watched = new ArrayList<>();
        for (Tensor tensor : in) {
            if (tensor.dtype().floating()) watched.add(tensor);
        }
        try (Tape tape = Tape.watching(watched)) {
            Gradients gradients = tape.gradients(Ops.run(op, in), x[x.length - 1]);
            return watched.stream().map(gradients::of).toList();
        }
    }
}
