package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.LayerNorm;
import invar.core.fused.LayerNormGrad;

/// [LayerNorm] and its gradients: `layer_norm.cu`.
final class LayerNorms {

    private LayerNorms() {}

    static void execute(LayerNorm op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int d = in[0].dim(-1);
        long rows = in[0].shape().elements() / d;
        RowTeams.start(RowTeams.kernel(gpu, "layer_norm_forward", d).tensor(in[0]).tensor(in[1]).tensor(in[2])
                .tensor(out[0]).tensor(out[1]).tensor(out[2]).i64(rows).i32(d).f64(op.epsilon()), rows, d);
    }

    static void backward(Tensor[] in, Tensor[] out, Gpu gpu) {
        int d = in[0].dim(-1);
        long rows = in[0].shape().elements() / d;
        RowTeams.start(RowTeams.kernel(gpu, "layer_norm_backward", d).tensor(in[0]).tensor(in[1]).tensor(in[2])
                .tensor(in[3]).tensor(in[4]).tensor(out[0]).i64(rows).i32(d), rows, d);
        ColumnSums sums = new ColumnSums(rows, d, 1);
        long parts = Slices.of(gpu, sums.bytes())[0];
        sums.start(gpu.kernel(sums.kernel("layer_norm")).tensor(in[0]).tensor(in[2]).tensor(in[3]).tensor(in[4]),
                parts);
        sums.finish(gpu.kernel("layer_norm_parameters").tensor(out[1]).tensor(out[2]), parts);
    }
}
