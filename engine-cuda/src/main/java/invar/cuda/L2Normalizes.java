package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;

/// [L2Normalize] and its gradient: `l2_normalize.cu`.
final class L2Normalizes {

    private L2Normalizes() {}

    static void execute(L2Normalize op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int d = in[0].dim(-1);
        normalize(in[0], CudaStorage.address(out[0]), CudaStorage.address(out[1]), in[0].shape().elements() / d, d,
                op.epsilon(), gpu);
    }

    /// r = 1/max(‖x‖, ε) of every row, and, unless its address is 0, u = r x.
    static void normalize(Tensor x, long u, long r, long rows, int d, double epsilon, Gpu gpu) {
        RowTeams.start(RowTeams.kernel(gpu, "l2_normalize_forward", d).tensor(x).address(u).address(r).i64(rows).i32(d)
                .f64(epsilon), rows, d);
    }

    static void execute(L2NormalizeGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int d = in[0].dim(-1);
        long rows = in[0].shape().elements() / d;
        RowTeams.start(RowTeams.kernel(gpu, "l2_normalize_backward", d).tensor(in[0]).tensor(in[1]).tensor(in[2])
                .tensor(out[0]).i64(rows).i32(d).f64(op.epsilon()), rows, d);
    }

    /// The gradient for x of an op that begins with u = r x, from the gradient for u: scale · g times the sum of
    /// `pieces` arrays (rows, d) one behind the other. g: the address of a number, or 0 for 1.
    static void backward(Tensor x, long r, long parts, int pieces, long g, Tensor dx, long rows, int d, double epsilon,
            double scale, Gpu gpu) {
        RowTeams.start(RowTeams.kernel(gpu, "unit_rows_backward", d).tensor(x).address(r).address(parts).i32(pieces)
                .address(g).tensor(dx).i64(rows).i32(d).f64(epsilon).f64(scale), rows, d);
    }
}
