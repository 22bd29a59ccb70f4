package invar.core.fused;

import invar.core.Infer;
import invar.core.Op;
import invar.core.Shape;

/// One step of stochastic gradient descent with momentum, as `torch.optim.SGD` computes it:
/// ```
/// g ← g + weightDecay · p
/// v ← momentum · v + g
/// p ← p − lr · (nesterov ? g + momentum · v : v)
/// ```
/// With v = 0 at the start the first step has v = g, as PyTorch's has.
///
/// In: p, v (both overwritten), g, all of one shape; lr, a scalar.
public record SgdUpdate(double momentum, double weightDecay, boolean nesterov) implements Op.InPlace {

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
}
