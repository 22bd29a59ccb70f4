package invar.core.fused;

import invar.core.Infer;
import invar.core.Op;
import invar.core.Shape;

/// One step of Adam (Kingma and Ba 2015, arXiv:1412.6980, Algorithm 1) or AdamW (Loshchilov and Hutter 2019,
/// arXiv:1711.05101, Algorithm 2), as `torch.optim.Adam` and `AdamW` compute them:
/// ```
/// decoupled:  p ← p (1 − lr · weightDecay)          else:  g ← g + weightDecay · p
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← p − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
/// ```
/// In: p, m, v (all overwritten), g, of one shape; lr, a scalar; t, a scalar: the number of this step, from 1.
public record AdamUpdate(double beta1, double beta2, double epsilon, double weightDecay, boolean decoupled)
        implements Op.InPlace {

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 6);
        for (int i = 1; i < 4; i++) Infer.same(this, in, i, in[0]);
        Infer.scalar(this, in, 4);
        Infer.scalar(this, in, 5);
        return new Shape[0];
    }

    @Override
    public int written() {
        return 3;
    }
}
