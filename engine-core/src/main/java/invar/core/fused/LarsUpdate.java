package invar.core.fused;

import invar.core.Infer;
import invar.core.Op;
import invar.core.Shape;

/// One step of layer-wise adaptive rate scaling (You, Gitman, Ginsburg 2017, arXiv:1708.03888) on one parameter tensor,
/// in the forms that public self-supervised code uses. With d = g + weightDecay · p and |·| the norm over the tensor:
/// ```
/// AUTHORS   r = η|p| / |d|, or 1 if |p| or |d| is 0;   v ← μv + r d;      p ← p − lr · s(r d, v)
/// SIMCLR    r as AUTHORS;                              v ← μv + lr r d;   p ← p − s(lr r d, v)
/// LIGHTLY   r = η|p| / (|g| + weightDecay |p| + 1e-8); if |p| or |g| is 0: r = 1 and d = g;
///           v ← μv + r d;                              p ← p − lr · s(r d, v)
/// s(d, v) = nesterov ? d + μv : v
/// ```
/// AUTHORS is what BYOL, Barlow Twins, VICReg and MoCo v3 publish; SIMCLR has the learning rate inside the momentum
/// buffer (google-research/simclr, lars_optimizer.py); LIGHTLY is lightly's and solo-learn's. `clip` (solo-learn's
/// `clip_lr`) takes r ← min(r / lr, 1). A parameter that is excluded from adaptation (biases, batch norm) is updated
/// with `adapt` false: r = 1, and the weight decay is then normally 0.
///
/// In: p, v (both overwritten), g, of one shape; lr, a scalar.
public record LarsUpdate(
        Form form, double eta, double momentum, double weightDecay, boolean nesterov, boolean clip, boolean adapt)
        implements Op.InPlace {

    /// Which of the published formulas.
    public enum Form { AUTHORS, SIMCLR, LIGHTLY }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 4);
        Infer.same(this, in, 1, in[0]);
        Infer.same(this, in, 2, in[0]);
        Infer.scalar(this, in, 3);
        return new Shape[0];
    }

    @Override
    public int written() {
        return 2;
    }

    /// The trust ratio r for |p|, |g| and |d|, before the learning rate.
    public double trustRatio(double normP, double normG, double normD, double lr) {
        if (!adapt) return 1;
        double r = form == Form.LIGHTLY
                ? normP == 0 || normG == 0 ? 1 : eta * normP / (normG + weightDecay * normP + 1e-8)
                : normP == 0 || normD == 0 ? 1 : eta * normP / normD;
        boolean scaled = form == Form.LIGHTLY ? normP != 0 && normG != 0 : normP != 0 && normD != 0;
        return clip && scaled ? Math.min(r / lr, 1) : r;
    }

    /// The weight decay that applies: LIGHTLY drops it where a norm is 0.
    public double decay(double normP, double normG) {
        return adapt && form == Form.LIGHTLY && (normP == 0 || normG == 0) ? 0 : weightDecay;
    }
}
