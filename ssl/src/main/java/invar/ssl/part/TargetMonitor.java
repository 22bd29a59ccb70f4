package invar.ssl.part;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import java.util.List;
import java.util.Map;

/// The two halves of a cross entropy with moving targets, apart (DINO, Caron et al. 2021,
/// [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), Eq. 5):
/// ```
/// H(Pₜ, Pₛ) = H(Pₜ) + KL(Pₜ ‖ Pₛ)
/// ```
/// Where the targets collapse, the divergence is 0, and the entropy 0 or ln K (Sec. 5.3). Both are in nats, and kept on
/// the device, so that a step need not wait for them.
///
/// @param entropy    the mean H(Pₜ) of the last step, a persistent scalar
/// @param divergence the mean KL(Pₜ ‖ Pₛ) of the last step, a persistent scalar
public record TargetMonitor(@Buffer Tensor entropy, @Buffer Tensor divergence) {

    /// Of no step yet.
    public static TargetMonitor of(Device device) {
        return device.persistent(() -> new TargetMonitor(device.zeros(Shape.of()), device.zeros(Shape.of())));
    }

    /// Takes the numbers of one step.
    ///
    /// @param targets      Pₜ, one (N, K) for each view, each of them in as many pairs as the others
    /// @param crossEntropy the mean H(Pₜ, Pₛ) over all pairs, a scalar
    /// @return the cross entropy, as it was given
    public Tensor observe(List<Tensor> targets, Tensor crossEntropy) {
        Tensor sum = entropy.full(0);
        for (Tensor target : targets) sum = sum.add(entropy(target.stopGradient()));
        Tensor mean = sum.scale(1.0 / targets.size());
        Ops.update(UpdateOp.Assign.COPY, entropy, mean);
        Ops.update(UpdateOp.Assign.COPY, divergence, crossEntropy.stopGradient().sub(mean));
        return crossEntropy;
    }

    /// The mean entropy of rows of probabilities, with 0 ln 0 = 0.
    private static Tensor entropy(Tensor p) {
        return p.mul(p.clampMin(1e-30).log()).sum().scale(-1.0 / p.dim(0));
    }

    /// Both by name; waits for the device.
    public Map<String, Double> health() {
        return Map.of("entropy", entropy.item(), "divergence", divergence.item());
    }
}
