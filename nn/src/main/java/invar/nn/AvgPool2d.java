package invar.nn;

import invar.core.PoolingOp;
import invar.core.Tensor;

/// Mean over square windows ([PoolingOp.AvgPool2d] has the formula): x (N, C, H, W), y (N, C, H', W').
public record AvgPool2d(int kernel, int stride, int padding) implements Layer {
    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return x.avgPool2d(kernel, stride, padding);
    }
}
