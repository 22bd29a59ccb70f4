package invar.core;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.MatMul;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.MaxPool2d;

/// The methods of [Tensor] that contract: products, convolution, pooling. Formulas: [ContractionOp], [PoolingOp].
sealed interface Linalg permits Tensor {

    /// This tensor.
    Tensor self();

    /// A B
    default Tensor matmul(Tensor b) { return Tensor.apply(new MatMul(false, false), self(), b)[0]; }
    /// A Bᵀ
    default Tensor matmulT(Tensor b) { return Tensor.apply(new MatMul(false, true), self(), b)[0]; }
    /// Aᵀ B
    default Tensor tMatmul(Tensor b) { return Tensor.apply(new MatMul(true, false), self(), b)[0]; }

    /// Convolution with `weight` (O, C/groups, kh, kw).
    default Tensor conv2d(Tensor weight, Conv2d conv) { return Tensor.apply(conv, self(), weight)[0]; }

    default Tensor maxPool2d(int kernel, int stride, int padding) {
        return Tensor.apply(new MaxPool2d(kernel, stride, padding), self())[0];
    }

    default Tensor avgPool2d(int kernel, int stride, int padding) {
        return Tensor.apply(new AvgPool2d(kernel, stride, padding), self())[0];
    }

    /// Mean over height and width: (N, C, H, W) to (N, C).
    default Tensor globalAvgPool() {
        return self().mean(2, 3).reshape(self().dim(0), self().dim(1));
    }
}
