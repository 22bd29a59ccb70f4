package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;

/// Matrix products and convolutions of tensors, handed to [Gemm] and [Conv].
final class Contractions {

    private Contractions() {}

    static void matmul(MatMul op, Tensor a, Tensor b, Tensor c, Parallel parallel) {
        int m = c.dim(-2), n = c.dim(-1), k = a.dim(op.transposeA() ? -2 : -1);
        int batch = c.shape().rank() == 3 ? c.dim(0) : 1;
        Gemm.multiplyBatch(parallel, batch, op.transposeA(), op.transposeB(), m, n, k, floats(a), at(a), m * k, a.dim(-1),
                floats(b), at(b), k * n, b.dim(-1), false, floats(c), at(c), m * n, n);
    }

    static void conv(Conv2d op, Tensor x, Tensor w, Tensor y, Parallel parallel) {
        Conv.forward(parallel, shape(op, x, w), floats(x), at(x), floats(w), at(w), floats(y), at(y));
    }

    static void convInputGrad(Conv2dInputGrad op, Tensor dy, Tensor w, Tensor dx, Parallel parallel) {
        Conv.inputGrad(parallel, shape(op.forward(), dx, w), floats(dy), at(dy), floats(w), at(w), floats(dx), at(dx));
    }

    static void convWeightGrad(Conv2dWeightGrad op, Tensor x, Tensor dy, Tensor dw, Parallel parallel) {
        Conv.weightGrad(parallel, shape(op.forward(), x, dw), floats(x), at(x), floats(dy), at(dy), floats(dw), at(dw));
    }

    private static ConvShape shape(Conv2d op, Tensor x, Tensor w) {
        return new ConvShape(op, x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3));
    }
}
