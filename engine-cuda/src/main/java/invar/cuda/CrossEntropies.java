package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;

/// [SoftmaxCrossEntropy] and its gradient: `cross_entropy.cu`. Labels stay on the device; one that is no class makes
/// the loss NaN.
final class CrossEntropies {

    private static final int BLOCK = 256;

    private CrossEntropies() {}

    static void execute(SoftmaxCrossEntropy op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int n = in[0].dim(0), k = in[0].dim(1);
        long losses = Slices.of(gpu, 16L * n)[0];
        RowTeams.start(RowTeams.kernel(gpu, "cross_entropy_forward", k).tensor(in[0]).tensor(in[1])
                .address(in.length == 3 ? CudaStorage.address(in[2]) : 0).tensor(out[1]).tensor(out[2]).address(losses)
                .i32(n).i32(k).f64(op.labelSmoothing()).i32(op.ignoreIndex()), n, k);
        gpu.kernel("cross_entropy_loss").address(losses).tensor(out[0]).tensor(out[3]).i32(n).blocks(1, BLOCK, 0);
    }

    static void execute(SoftmaxCrossEntropyGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int n = in[0].dim(0), k = in[0].dim(1);
        long weights = 0, total = 0;
        if (in.length == 7) {
            weights = CudaStorage.address(in[6]);
            total = Slices.of(gpu, 8)[0];
            gpu.kernel("cross_entropy_weights").address(weights).address(total).i32(k).blocks(1, BLOCK, 0);
        }
        RowTeams.start(RowTeams.kernel(gpu, "cross_entropy_backward", k).tensor(in[0]).tensor(in[1]).tensor(in[2])
                .tensor(in[3]).tensor(in[4]).tensor(in[5]).address(weights).address(total).tensor(out[0]).i32(n).i32(k)
                .f64(op.labelSmoothing()).i32(op.ignoreIndex()), n, k);
    }
}
