package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// ∂L/∂x of [L2Normalize], by hand, with u = r x:
/// ```
/// dx = r (du − u uᵀdu),   or du/ε where ‖x‖ is below the floor
/// ```
/// What du has along u would change only the length, and the length of u is fixed; below the floor u = x/ε is linear.
/// A row counts as below the floor where ε r ≥ 1 − 2⁻²⁰ ([L2Normalize#FLOORED]).
///
/// In: x (…, D); r (…, 1); du, shaped as x. Out: dx, shaped as x.
///
/// @param epsilon ε > 0, as in the forward pass
public record L2NormalizeGrad(double epsilon) implements FusedOp {

    public L2NormalizeGrad {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 3);
        Infer.same(this, in, 1, in[0].with(-1, 1));
        Infer.same(this, in, 2, in[0]);
        return new Shape[] {in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        return new Tensor[] {L2Normalize.backward(in[0].mul(in[1]), in[1], in[2], epsilon)};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException(
                "L2NormalizeGrad has no derivative: L2Normalize is differentiable once");
    }
}
