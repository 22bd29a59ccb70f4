package invar.cuda;

import invar.core.PoolingOp;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.Tensor;

/// Maximum and mean over windows: `pooling.cu`.
final class Poolings {

    /// Pixels of a warp, and warps of a block, of `max_pool_backward`.
    private static final int PIXELS = 2048, WARPS = 4, WARP = 32;

    private Poolings() {}

    static void execute(PoolingOp op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Tensor x = in[0], y = out[0];
        long n = y.shape().elements();
        switch (op) {
            case MaxPool2d m -> gpu.kernel("max_pool_forward").tensor(x).tensor(y).tensor(out[1]).i64(n)
                    .ints(windows(x, y, m.kernel(), m.stride(), m.padding())).elements(n);
            case MaxPool2dGrad m -> {
                long planes = (long) y.dim(0) * y.dim(1);
                int pixels = y.dim(2) * y.dim(3), windows = x.dim(2) * x.dim(3);
                long warps = planes * ((pixels + PIXELS - 1) / PIXELS);
                gpu.kernel("max_pool_backward").tensor(x).tensor(in[1]).tensor(y).i64(planes).i32(pixels).i32(windows)
                        .blocks((warps + WARPS - 1) / WARPS, WARPS * WARP, 0);
            }
            case AvgPool2d a -> gpu.kernel("avg_pool_forward").tensor(x).tensor(y).i64(n)
                    .ints(windows(x, y, a.kernel(), a.stride(), a.padding())).f32(share(a)).elements(n);
            case AvgPool2dGrad g -> {
                AvgPool2d a = g.forward();
                gpu.kernel("avg_pool_backward").tensor(x).tensor(y).i64(n)
                        .ints(windows(y, x, a.kernel(), a.stride(), a.padding())).f32(share(a)).elements(n);
            }
        }
    }

    /// A `struct Windows` (pooling.cu).
    private static int[] windows(Tensor image, Tensor pooled, int kernel, int stride, int padding) {
        return new int[] {image.dim(2), image.dim(3), pooled.dim(2), pooled.dim(3), kernel, stride, padding};
    }

    private static double share(AvgPool2d op) {
        return 1.0 / ((double) op.kernel() * op.kernel());
    }
}
