package invar.nn;

import invar.core.Tensor;

/// Mean over height and width: x (N, C, H, W), y (N, C).
public record GlobalAvgPool() implements Layer {
    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return x.globalAvgPool();
    }
}
