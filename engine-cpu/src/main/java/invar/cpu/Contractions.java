package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;

/// Matrix products and convolutions of tensors, handed to [Gemm] and [Conv].
final class Contractions {

    private Contractions() {}

    static void execute(ContractionOp op, Tensor first, Tensor second, Tensor out, Parallel parallel) {
        float[] a = floats(first), b = floats(second), y = floats(out);
        int ao = at(first), bo = at(second), yo = at(out);
        switch (op) {
            case MatMul m -> matmul(m, first, second, out, parallel);
            case Conv2d c -> Conv.forward(parallel, shape(c, first, second), a, ao, b, bo, y, yo);
            case Conv2dInputGrad c -> Conv.inputGrad(parallel, shape(c.forward(), out, second), a, ao, b, bo, y, yo);
            case Conv2dWeightGrad c -> Conv.weightGrad(parallel, shape(c.forward(), first, out), a, ao, b, bo, y, yo);
        }
    }

    private static void matmul(MatMul op, Tensor a, Tensor b, Tensor c, Parallel parallel) {
        int m = c.dim(-2), n = c.dim(-1), k = a.dim(op.transposeA() ? -2 : -1);
        int batch = c.shape().rank() == 3 ? c.dim(0) : 1;
        Gemm.multiplyBatch(parallel, batch, op.transposeA(), op.transposeB(), m, n, k, floats(a), at(a), m * k,
                a.dim(-1), floats(b), at(b), k * n, b.dim(-1), false, floats(c), at(c), m * n, n);
    }

    private static ConvShape shape(Conv2d op, Tensor x, Tensor w) {
        return new ConvShape(op, x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3));
    }
}
