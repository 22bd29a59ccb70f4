package invar.core.reference;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Shape;
import invar.core.Tensor;

/// Matrix products and convolutions.
final class Contraction {

    private Contraction() {}

    static void execute(ContractionOp op, Tensor first, Tensor second, Tensor out) {
        switch (op) {
            case MatMul m -> matmul(m, first, second, out);
            case Conv2d c -> {
                Array x = new Array(first), w = new Array(second), y = new Array(out);
                y.fill(0);
                eachProduct(c, first.shape(), second.shape(), out.shape(),
                        (xi, wi, yi) -> y.add(yi, x.at(xi) * w.at(wi)));
            }
            case Conv2dInputGrad c -> {
                Array dy = new Array(first), w = new Array(second), dx = new Array(out);
                dx.fill(0);
                eachProduct(c.forward(), out.shape(), second.shape(), first.shape(),
                        (xi, wi, yi) -> dx.add(xi, dy.at(yi) * w.at(wi)));
            }
            case Conv2dWeightGrad c -> {
                Array x = new Array(first), dy = new Array(second), dw = new Array(out);
                dw.fill(0);
                eachProduct(c.forward(), first.shape(), out.shape(), second.shape(),
                        (xi, wi, yi) -> dw.add(wi, dy.at(yi) * x.at(xi)));
            }
        }
    }

    private static void matmul(MatMul op, Tensor first, Tensor second, Tensor out) {
        Array a = new Array(first), b = new Array(second), c = new Array(out);
        int m = out.dim(-2), n = out.dim(-1), k = first.dim(op.transposeA() ? -2 : -1);
        for (int batch = 0; batch < c.size / (m * n); batch++) {
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int l = 0; l < k; l++) {
                        double ail = a.at(batch * m * k + (op.transposeA() ? l * m + i : i * k + l));
                        double blj = b.at(batch * k * n + (op.transposeB() ? j * k + l : l * n + j));
                        sum += ail * blj;
                    }
                    c.set(batch * m * n + i * n + j, sum);
                }
            }
        }
    }

    /// One product of a convolution: the places of its factors and of the sum that it belongs to.
    private interface Product {
        void visit(int x, int w, int y);
    }

    /// Every x[n, c, h, w] · w[o, c, u, v] that goes into y[n, o, i, j]. Forward and both gradients visit the same
    /// triples and differ only in which of the three is the sum.
    private static void eachProduct(Conv2d conv, Shape x, Shape w, Shape y, Product body) {
        int perGroup = w.dim(1), outPerGroup = w.dim(0) / conv.groups();
        for (int n = 0; n < y.dim(0); n++) {
            for (int o = 0; o < y.dim(1); o++) {
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        int yi = ((n * y.dim(1) + o) * y.dim(2) + i) * y.dim(3) + j;
                        for (int c = 0; c < perGroup; c++) {
                            int channel = o / outPerGroup * perGroup + c;
                            for (int u = 0; u < w.dim(2); u++) {
                                int row = i * conv.strideH() + u * conv.dilationH() - conv.padH();
                                if (row < 0 || row >= x.dim(2)) continue;
                                for (int v = 0; v < w.dim(3); v++) {
                                    int column = j * conv.strideW() + v * conv.dilationW() - conv.padW();
                                    if (column < 0 || column >= x.dim(3)) continue;
                                    int xi = ((n * x.dim(1) + channel) * x.dim(2) + row) * x.dim(3) + column;
                                    int wi = ((o * perGroup + c) * w.dim(2) + u) * w.dim(3) + v;
                                    body.visit(xi, wi, yi);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
