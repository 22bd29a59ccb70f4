package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.Tensor;

/// Layer normalisation of tensors, handed to [LayerNorm].
final class LayerNorms {

    private LayerNorms() {}

    static void forward(invar.core.fused.LayerNorm op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(-1), rows = in[0].size() / n;
        LayerNorm.forward(parallel, floats(in[0]), at(in[0]), rows, n, floats(in[1]), at(in[1]), floats(in[2]),
                at(in[2]),
                op.epsilon(), floats(out[0]), at(out[0]), floats(out[1]), at(out[1]), floats(out[2]), at(out[2]));
    }

    static void backward(Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(-1), rows = in[0].size() / n;
        LayerNorm.backward(parallel, floats(in[0]), at(in[0]), floats(in[4]), at(in[4]), rows, n, floats(in[1]),
                at(in[1]),
                floats(in[2]), at(in[2]), floats(in[3]), at(in[3]), floats(out[0]), at(out[0]), floats(out[1]),
                at(out[1]),
                floats(out[2]), at(out[2]));
    }
}
