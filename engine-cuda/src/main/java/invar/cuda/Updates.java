package invar.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;

import invar.core.DType;
import invar.core.Op;
import invar.core.Tensor;
import invar.core.UpdateOp.Advance;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Fill;
import invar.core.UpdateOp.PutRows;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;

/// In-place updates: `updates.cu`.
final class Updates {

    private static final int LARS_PIECE = 8192, BLOCK = 256;

    private Updates() {}

    static void execute(Op.InPlace op, Tensor[] in, Gpu gpu) {
        Tensor y = in[0];
        long n = y.shape().elements();
        switch (op) {
            case Assign assign -> assign(assign, in, n, gpu);
            case PutRows _ -> gpu.kernel("put_rows").tensor(y).tensor(in[1]).tensor(in[2])
                    .i64(in[1].size() / in[1].dim(0)).i64(n).i64(in[1].size())
                    .elements(in[1].size());
            case Advance a -> gpu.kernel("advance").tensor(y).i32(a.by()).i32(a.modulus()).i64(n).elements(n);
            case Fill f -> gpu.kernel("fill").tensor(y).f32(f.value()).i64(n).elements(n);
            case Random r -> gpu.kernel(r.distribution() == Distribution.UNIFORM ? "random_uniform" : "random_normal")
                    .tensor(y).i64(r.seed()).i64(r.stream()).i64(n).elements(n);
            case SgdUpdate s -> gpu.kernel("sgd_step").tensor(y).tensor(in[1]).tensor(in[2]).tensor(in[3]).i64(n)
                    .f32(s.momentum()).f32(s.weightDecay()).flag(s.nesterov()).elements(n);
            case AdamUpdate a -> gpu.kernel("adam_step").tensor(y).tensor(in[1]).tensor(in[2]).tensor(in[3])
                    .tensor(in[4]).tensor(in[5]).i64(n).f64(a.beta1()).f64(a.beta2()).f32(a.epsilon())
                    .f64(a.weightDecay()).flag(a.decoupled()).elements(n);
            case LarsUpdate l -> lars(l, in, n, gpu);
        }
    }

    private static void assign(Assign assign, Tensor[] in, long n, Gpu gpu) {
        boolean integers = in[0].dtype() == DType.I32;
        switch (assign) {
            case COPY -> Driver.check(cuMemcpyDtoDAsync(Staging.device(CudaStorage.address(in[0])),
                    Staging.device(CudaStorage.address(in[1])), n * in[0].dtype().bytes(), gpu.stream()),
                    "cuMemcpyDtoDAsync");
            case ACCUMULATE -> gpu.kernel(integers ? "accumulate_integers" : "accumulate").tensor(in[0]).tensor(in[1])
                    .i64(n).elements(n);
            case DESCEND -> gpu.kernel("descend").tensor(in[0]).tensor(in[1]).tensor(in[2]).i64(n).elements(n);
            case AVERAGE -> gpu.kernel("average").tensor(in[0]).tensor(in[1]).tensor(in[2]).i64(n).elements(n);
        }
    }

    private static void lars(LarsUpdate l, Tensor[] in, long n, Gpu gpu) {
        int pieces = Math.toIntExact((n + LARS_PIECE - 1) / LARS_PIECE);
        long sums = gpu.memory().scratch(24L * pieces + 256), numbers = sums + 24L * pieces;
        gpu.kernel("lars_squares").tensor(in[0]).tensor(in[2]).address(sums).i64(n).f64(l.weightDecay())
                .blocks(pieces, BLOCK, 0);
        gpu.kernel("lars_ratio").address(sums).i32(pieces).tensor(in[3]).address(numbers).i32(l.form().ordinal())
                .f64(l.eta()).f64(l.weightDecay()).flag(l.clip()).flag(l.adapt()).blocks(1, BLOCK, 0);
        gpu.kernel("lars_step").tensor(in[0]).tensor(in[1]).tensor(in[2]).address(numbers).i64(n).f32(l.momentum())
                .flag(l.nesterov()).elements(n);
    }
}
