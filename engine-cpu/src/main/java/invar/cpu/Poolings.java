package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.CpuStorage.ints;

import invar.core.PoolingOp;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.Tensor;

/// Pooling of tensors, handed to [Pool].
final class Poolings {

    private Poolings() {}

    static void execute(PoolingOp op, Tensor[] in, Tensor[] out, Parallel parallel) {
        float[] x = floats(in[0]), y = floats(out[0]);
        int xo = at(in[0]), yo = at(out[0]);
        switch (op) {
            case MaxPool2d m -> pool(in[0], out[0], m.kernel(), m.stride(), m.padding())
                    .max(parallel, x, xo, y, yo, ints(out[1]), at(out[1]));
            // The places say everything about the windows.
            case MaxPool2dGrad m -> pool(out[0], in[0], 1, 1, 0).maxGrad(parallel, x, xo, ints(in[1]), at(in[1]), y,
                    yo);
            case AvgPool2d a -> pool(in[0], out[0], a.kernel(), a.stride(), a.padding()).mean(parallel, x, xo, y, yo);
            case AvgPool2dGrad a -> pool(out[0], in[0], a.forward().kernel(), a.forward().stride(), a.forward()
                    .padding())
                    .meanGrad(parallel, x, xo, y, yo);
        }
    }

    private static Pool pool(Tensor large, Tensor small, int kernel, int stride, int padding) {
        return new Pool(large.dim(0) * large.dim(1), large.dim(2), large.dim(3), small.dim(2), small.dim(3), kernel,
                stride,
                padding);
    }
}
