package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// [NtXent] and ∂L/∂z at once, which is how it is computed where it will be differentiated: L is a scalar, so the
/// gradient for any ∂ is ∂ · dz, and while the similarities are at hand they need not be saved, nor made again.
///
/// In: z (2N, D), N ≥ 1. Out: L, a scalar in nats; dz (2N, D), the gradient of L for z ([NtXentGrad]), kept for the
/// backward pass.
///
/// @param temperature τ > 0
public record NtXentAndGrad(double temperature) implements FusedOp {

    public NtXentAndGrad {
        Infer.positive("temperature", temperature);
    }

    @Override
    public Shape[] infer(Shape... in) {
        return new Shape[] {new NtXent(temperature).infer(in)[0], in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor[] out = new NtXent(temperature).reference(in);
        Tensor one = out[0].full(1);
        return new Tensor[] {out[0], new NtXentGrad(temperature).reference(in[0], out[1], out[2], one)[0]};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return new Tensor[] {out[1].mul(grad[0])};
    }
}
