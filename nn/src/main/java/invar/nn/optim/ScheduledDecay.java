package invar.nn.optim;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import java.util.Map;

/// Decoupled weight decay of a strength that changes (Loshchilov and Hutter 2019, arXiv:1711.05101; DINO's goes from
/// 0.04 to 0.4): before each step of another optimizer,
/// ```
/// p ← p − lr · λ · p
/// ```
/// for every parameter with a gradient; with `oneAxis` false, not for those with one axis.
///
/// @param inner   the optimizer that follows, itself without decay
/// @param decay   λ, a scalar tensor
/// @param oneAxis whether biases and the parameters of norms decay too
public record ScheduledDecay(Optimizer inner, Tensor decay, boolean oneAxis) implements Optimizer {

    @Override
    public Map<String, Tensor> parameters() {
        return inner.parameters();
    }

    @Override
    public void step(Map<String, Tensor> gradients, Tensor lr) {
        Tensor kept = lr.mul(decay).affine(-1, 1);
        parameters().forEach((name, p) -> {
            boolean decays = gradients.get(name) != null && (oneAxis || p.shape().rank() > 1);
            if (decays) Ops.update(UpdateOp.Assign.AVERAGE, p, p.full(0), kept);
        });
        inner.step(gradients, lr);
    }

    @Override
    public Map<String, Tensor> state() {
        return inner.state();
    }
}
