package invar.core.reference;

import invar.core.PoolingOp;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.Shape;
import invar.core.Tensor;

/// Maxima and means over windows.
final class Pooling {

    private Pooling() {}

    static void execute(PoolingOp op, Tensor[] in, Tensor[] out) {
        Array x = new Array(in[0]), y = new Array(out[0]);
        switch (op) {
            case MaxPool2d m -> {
                y.fill(Double.NEGATIVE_INFINITY);
                for (int i = 0; i < y.size; i++) Array.setInteger(out[1], i, -1);
                eachPair(in[0].shape(), out[0].shape(), m.kernel(), m.stride(), m.padding(), (xi, yi, place) -> {
                    if (Array.integer(out[1], yi) < 0 || x.at(xi) > y.at(yi)) {            // >: the first maximum stays
                        y.set(yi, x.at(xi));
                        Array.setInteger(out[1], yi, place);
                    }
                });
            }
            case MaxPool2dGrad m -> {
                int plane = m.height() * m.width(), pooled = in[0].dim(2) * in[0].dim(3);
                y.fill(0);
                for (int i = 0; i < x.size; i++) y.add(i / pooled * plane + Array.integer(in[1], i), x.at(i));
            }
            case AvgPool2d a -> {
                y.fill(0);
                eachPair(in[0].shape(), out[0].shape(), a.kernel(), a.stride(), a.padding(),
                        (xi, yi, place) -> y.add(yi, x.at(xi) / (a.kernel() * a.kernel())));
            }
            case AvgPool2dGrad g -> {
                AvgPool2d a = g.forward();
                y.fill(0);
                eachPair(out[0].shape(), in[0].shape(), a.kernel(), a.stride(), a.padding(),
                        (xi, yi, place) -> y.add(xi, x.at(yi) / (a.kernel() * a.kernel())));
            }
        }
    }

    /// A pixel and a window that holds it; `place` is h·W + w of the pixel.
    private interface Pair {
        void visit(int x, int y, int place);
    }

    private static void eachPair(Shape x, Shape y, int kernel, int stride, int padding, Pair body) {
        int planes = x.dim(0) * x.dim(1), height = x.dim(2), width = x.dim(3);
        for (int p = 0; p < planes; p++) {
            for (int i = 0; i < y.dim(2); i++) {
                for (int j = 0; j < y.dim(3); j++) {
                    int yi = (p * y.dim(2) + i) * y.dim(3) + j;
                    for (int u = 0; u < kernel; u++) {
                        int row = i * stride + u - padding;
                        if (row < 0 || row >= height) continue;
                        for (int v = 0; v < kernel; v++) {
                            int column = j * stride + v - padding;
                            if (column < 0 || column >= width) continue;
                            body.visit((p * height + row) * width + column, yi, row * width + column);
                        }
                    }
                }
            }
        }
    }
}
