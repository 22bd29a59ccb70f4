package invar.nn;

import invar.core.PoolingOp;
import invar.core.Tensor;

/// Maximum over square windows ([PoolingOp.MaxPool2d] has the formula): x (N, C, H, W), y (N, C, H', W').
public record MaxPool2d(int kernel, int stride, int padding) implements Layer {
    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return x.maxPool2d(kernel, stride, padding);
    }
}
