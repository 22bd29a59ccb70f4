package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// Layer normalisation over the last axis (Ba, Kiros, Hinton 2016,
/// [arXiv:1607.06450](https://arxiv.org/abs/1607.06450), Eq. 3 and 4, without the nonlinearity). For every row, with
/// sums over its D values:
/// ```
/// mean = 1/D Σ x        rstd = 1 / √(1/D Σ (x − mean)² + ε)        y = γ (x − mean) rstd + β
/// ```
/// In: x (…, D); γ (D); β (D). Out: y, shaped as x; mean and rstd (…, 1), kept for the backward pass, where
/// x̂ = (x − mean) rstd is computed again instead of being stored.
///
/// Departures: the paper has no ε; this one is added to the variance, as in PyTorch. A row of one value has variance
/// 0 and gives y = β.
///
/// @param epsilon ε > 0, added to the variance
public record LayerNorm(double epsilon) implements FusedOp {

    public LayerNorm {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 3);
        if (in[0].rank() == 0) throw new ShapeException(this, in, "a scalar has no axis to normalise over");
        Shape features = Shape.of(in[0].dim(-1));
        Infer.same(this, in, 1, features);
        Infer.same(this, in, 2, features);
        Shape rows = in[0].with(-1, 1);
        return new Shape[] {in[0], rows, rows};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], gamma = in[1], beta = in[2];
        Tensor mean = x.mean(-1);                                                  // (…, 1)
        Tensor centred = x.sub(mean);                                              // (…, D)
        Tensor rstd = centred.square().mean(-1).plus(epsilon).sqrt().reciprocal(); // (…, 1)
        return new Tensor[] {centred.mul(rstd).mul(gamma).add(beta), mean, rstd};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new LayerNormGrad(), in[0], in[1], out[1], out[2], grad[0]);
    }
}
