package invar.cuda;

import invar.core.PointwiseOp;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.Tensor;
import invar.core.spi.Broadcast;
import java.util.Locale;

/// Element-by-element ops: `pointwise.cu`.
final class Pointwise {

    private Pointwise() {}

    static void execute(PointwiseOp op, Tensor[] in, Tensor out, Gpu gpu) {
        long n = out.shape().elements();
        Tensor x = in[0];
        switch (op) {
            case Unary f -> gpu.kernel("unary_" + f.name().toLowerCase(Locale.ROOT)).tensor(x).tensor(out).i64(n)
                    .elements(n);
            case Binary f -> gpu.kernel("binary_" + f.name().toLowerCase(Locale.ROOT)).tensor(x).tensor(in[1])
                    .tensor(out).i64(n).repeat(Broadcast.of(x.shape(), in[1].shape())).elements(n);
            case Affine f -> gpu.kernel("affine").tensor(x).tensor(out).i64(n).f32(f.scale()).f32(f.shift())
                    .elements(n);
            case ClampMin f -> gpu.kernel("clamp_min").tensor(x).tensor(out).i64(n).f32(f.minimum()).elements(n);
        }
    }
}
