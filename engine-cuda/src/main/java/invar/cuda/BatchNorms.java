package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;

/// [BatchNorm] and its gradients: `batch_norm.cu`.
final class BatchNorms {

    private BatchNorms() {}

    static void execute(BatchNorm op, Tensor[] in, Tensor[] out, Gpu gpu) {
        ColumnSums sums = ColumnSums.of(in[0]);
        long[] at = Slices.of(gpu, sums.bytes(), 12L * sums.channels());
        sums.start(gpu.kernel(sums.kernel("moments")).tensor(in[0]), at[0]);
        sums.finish(gpu.kernel("batch_norm_statistics").tensor(in[0]).tensor(in[1]).tensor(in[2]).tensor(out[1])
                .tensor(out[2]).address(at[1]).i32(sums.inner()).f64(sums.count()).f64(op.epsilon()), at[0]);
        Launch apply = gpu.kernel("batch_norm_apply").tensor(in[0])
                .address(in.length == 4 ? CudaStorage.address(in[3]) : 0).tensor(out[0]).address(at[1]);
        apply.i64(sums.rows()).i32(sums.channels()).i32(sums.inner()).flag(op.relu());
        sums.columns(apply, gpu);
    }

    static void execute(BatchNormGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        ColumnSums sums = ColumnSums.of(in[0]);
        long[] at = Slices.of(gpu, sums.bytes(), 16L * sums.channels());
        long y = op.relu() ? CudaStorage.address(in[4]) : 0;
        sums.start(gpu.kernel(sums.kernel("products")).tensor(in[0]).tensor(in[2]).address(y).tensor(in[5]), at[0]);
        sums.finish(gpu.kernel("batch_norm_slopes").tensor(in[1]).tensor(in[2]).tensor(in[3]).tensor(out[1])
                .tensor(out[2]).address(at[1]).f64(sums.count()).f64(op.epsilon()), at[0]);
        sums.columns(gpu.kernel("batch_norm_gradient").tensor(in[0]).address(y).tensor(in[5]).tensor(out[0])
                .address(op.residual() ? CudaStorage.address(out[3]) : 0).address(at[1]).i64(sums.rows())
                .i32(sums.channels()).i32(sums.inner()), gpu);
    }
}
