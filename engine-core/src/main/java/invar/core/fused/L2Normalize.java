package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// Rows divided by their Euclidean length, as `torch.nn.functional.normalize` computes it:
/// ```
/// r = 1 / max(‖x‖, ε)        u = r x
/// ```
/// In: x (…, D). Out: u, shaped as x, of length 1, or of length ‖x‖/ε where ‖x‖ < ε; r (…, 1), kept for the backward
/// pass.
///
/// Departures: TensorFlow and JAX code floors ‖x‖² at ε = 1e-12, that is ‖x‖ at 1e-6; this floors ‖x‖.
///
/// @param epsilon ε > 0, the floor of the lengths; 1e-12 in most published code
public record L2Normalize(double epsilon) implements FusedOp {

    /// A row counts as under the floor if ε r ≥ this. The margin of 2⁻²⁰ keeps the rounding of r and of 1/ε, which
    /// differ between types and devices, from deciding.
    public static final double FLOORED = 1 - 0x1p-20;

    public L2Normalize {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 1);
        if (in[0].rank() == 0) throw new ShapeException(this, in, "a scalar has no axis to normalise over");
        return new Shape[] {in[0], in[0].with(-1, 1)};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor inverseNorm = inverseNorm(in[0], epsilon);
        return new Tensor[] {in[0].mul(inverseNorm), inverseNorm};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new L2NormalizeGrad(epsilon), in[0], out[1], grad[0]);
    }

    /// r = 1/max(‖x‖, ε) for every row of x (…, D), of shape (…, 1). The floor is put under ‖x‖² because the derivative
    /// of √ is infinite at 0, and a row of zeros would get NaN when this is differentiated.
    static Tensor inverseNorm(Tensor x, double epsilon) {
        return x.square().sum(-1).clampMin(epsilon * epsilon).sqrt().reciprocal();
    }

    /// dx from du, for u = r x: by the rule of [L2NormalizeGrad].
    static Tensor backward(Tensor u, Tensor inverseNorm, Tensor du, double epsilon) {
        Tensor aboveFloor = inverseNorm.less(inverseNorm.full(FLOORED / epsilon));          // (…, 1)
        Tensor along = u.mul(du).sum(-1).mul(aboveFloor);                                   // uᵀ du
        return du.sub(u.mul(along)).mul(inverseNorm);
    }
}
