package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// The gradients of [LayerNorm], by hand. With x̂ = (x − mean) rstd and h = γ dy:
/// ```
/// dβ = Σ_rows dy        dγ = Σ_rows dy x̂        dx = rstd (h − 1/D Σ h − x̂ · 1/D Σ h x̂),   sums over the row
/// ```
/// ε needs no mention: it is inside rstd.
///
/// In: x (…, D); γ (D); mean, rstd (…, 1); dy, shaped as x. Out: dx, shaped as x; dγ, dβ (D).
public record LayerNormGrad() implements FusedOp {

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 5);
        Shape features = Shape.of(in[0].dim(-1)), rows = in[0].with(-1, 1);
        Infer.same(this, in, 1, features);
        Infer.same(this, in, 2, rows);
        Infer.same(this, in, 3, rows);
        Infer.same(this, in, 4, in[0]);
        return new Shape[] {in[0], features, features};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], gamma = in[1], mean = in[2], rstd = in[3], dy = in[4];
        Tensor xHat = x.sub(mean).mul(rstd);                                                 // (…, D)
        Tensor h = dy.mul(gamma);                                                            // (…, D)
        Tensor dx = h.sub(h.mean(-1)).sub(xHat.mul(h.mul(xHat).mean(-1))).mul(rstd);
        return new Tensor[] {dx, dy.mul(xHat).sumTo(gamma.shape()), dy.sumTo(gamma.shape())};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException("LayerNormGrad has no derivative: LayerNorm is differentiable once");
    }
}
