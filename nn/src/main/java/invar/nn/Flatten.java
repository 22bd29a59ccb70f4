package invar.nn;

import invar.core.Tensor;

/// All axes but the first become one: x (N, …), y (N, Π …). A view.
public record Flatten() implements Layer {
    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return x.reshape(x.dim(0), -1);
    }
}
