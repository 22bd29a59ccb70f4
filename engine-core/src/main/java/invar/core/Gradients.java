package invar.core;

import java.util.Map;

/// The gradients of one loss, by tensor.
public final class Gradients {

    private final Map<Tensor, Tensor> byTensor;    // by identity

    Gradients(Map<Tensor, Tensor> byTensor) {
        this.byTensor = byTensor;
    }

    /// ∂loss/∂x, shaped as x; zeros if the loss does not depend on x.
    public Tensor of(Tensor x) {
        Tensor gradient = byTensor.get(x);
        return gradient != null ? gradient : x.full(0);
    }

    /// True if the loss depends on x.
    public boolean reach(Tensor x) {
        return byTensor.containsKey(x);
    }
}
