package invar.ssl;

import invar.core.Ops;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.Shape;
import invar.core.Tensor;

/// Where the largest entries of rows are, asked of the device and not of the host, so that a captured step may ask.
final class Nearest {

    private Nearest() {}

    /// The column of the largest entry of each row, of equal ones the first: (N), I32.
    ///
    /// These are the places that max pooling keeps for its backward pass: each row is an image of one row of pixels,
    /// and a window as wide as 2C − 1 that begins C − 1 before it holds all of it.
    ///
    /// @param x (N, C); constant for differentiation
    static Tensor column(Tensor x) {
        int n = x.dim(0), c = x.dim(1);
        Tensor rows = x.stopGradient().reshape(Shape.of(n, 1, 1, c));
        return Ops.apply(new MaxPool2d(2 * c - 1, c, c - 1), rows)[1].reshape(Shape.of(n));
    }
}
