package invar.nn.optim;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Modules;
import java.util.Map;

/// The exponential moving average that momentum encoders, targets and teachers are (He et al. 2020, arXiv:1911.05722,
/// Eq. 2):
/// ```
/// ξ ← m ξ + (1 − m) θ
/// ```
/// for parameters only. Running statistics are not averaged: the target's batch norms keep their own, as in the
/// official code of MoCo, BYOL and DINO.
public final class Ema {

    private Ema() {}

    /// Moves the parameters of `target`, ξ, towards those of the same names of `online`, θ.
    ///
    /// @param decay m in [0, 1], a scalar tensor
    /// @throws IllegalArgumentException if names or shapes differ; then nothing was moved
    public static void update(Object target, Object online, Tensor decay) {
        update(Modules.parameters(target), Modules.parameters(online), decay);
    }

    /// The same for parameters by name.
    public static void update(Map<String, Tensor> target, Map<String, Tensor> online, Tensor decay) {
        if (!target.keySet().equals(online.keySet())) {
            throw new IllegalArgumentException("target and online network differ in their parameters: "
                    + target.keySet() + " and " + online.keySet());
        }
        target.forEach((name, xi) -> {
            Shape theta = online.get(name).shape();
            if (!theta.equals(xi.shape())) {
                throw new IllegalArgumentException(
                        name + " has shape " + xi.shape() + " in the target but " + theta + " online");
            }
        });
        target.forEach((name, xi) -> Ops.update(UpdateOp.Assign.AVERAGE, xi, online.get(name), decay));
    }
}
