package invar.nn.optim;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.fused.LarsUpdate;
import java.util.Map;

/// Layer-wise adaptive rate scaling; [LarsUpdate] has the formulas. Parameters with one axis (biases, batch norm) are
/// neither scaled nor decayed: momentum SGD, in all forms.
public final class Lars implements Optimizer {

    /// @param form        which of the published formulas
    /// @param eta         the trust coefficient η > 0; 10⁻³ but for solo-learn's recipes
    /// @param momentum    in [0, 1)
    /// @param weightDecay ≥ 0
    /// @param nesterov    whether the step looks ahead; no published recipe does
    /// @param clip        solo-learn's `clip_lr`
    public record Config(
            LarsUpdate.Form form, double eta, double momentum, double weightDecay, boolean nesterov, boolean clip) {
        public Config {
            if (!(eta > 0)) throw new IllegalArgumentException("eta must be > 0 but is " + eta);
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum must be from 0 to below 1 but is " + momentum);
            }
            if (!(weightDecay >= 0)) {
                throw new IllegalArgumentException("weight decay must be ≥ 0 but is " + weightDecay);
            }
        }

        /// The form that BYOL, Barlow Twins, VICReg and MoCo v3 publish, with η = 10⁻³ and momentum 0.9.
        public static Config of(double weightDecay) {
            return new Config(LarsUpdate.Form.AUTHORS, 1e-3, 0.9, weightDecay, false, false);
        }
    }

    private final Map<String, Tensor> parameters;
    private final Moments velocity;
    private final LarsUpdate weights, oneAxis;

    /// Over these parameters, with momentum buffers of zero.
    public Lars(Map<String, Tensor> parameters, Config c) {
        this(parameters, c, true);
    }

    /// The same.
    ///
    /// @param scaled false to treat all of them as those with one axis, as google-research/simclr (lars_optimizer.py)
    ///               treats the classifier
    public Lars(Map<String, Tensor> parameters, Config c, boolean scaled) {
        this.parameters = Moments.frozen(parameters);
        this.velocity = new Moments("momentum", parameters);
        this.oneAxis = new LarsUpdate(c.form, c.eta, c.momentum, 0, c.nesterov, c.clip, false);
        this.weights = scaled ? new LarsUpdate(c.form, c.eta, c.momentum, c.weightDecay, c.nesterov, c.clip, true)
                : oneAxis;
    }

    @Override
    public Map<String, Tensor> parameters() {
        return parameters;
    }

    @Override
    public void step(Map<String, Tensor> gradients, Tensor lr) {
        parameters.forEach((name, p) -> {
            Tensor gradient = gradients.get(name);
            LarsUpdate update = p.shape().rank() > 1 ? weights : oneAxis;
            if (gradient != null) Ops.update(update, p, velocity.of(name), gradient, lr);
        });
    }

    @Override
    public Map<String, Tensor> state() {
        return velocity.named();
    }
}
