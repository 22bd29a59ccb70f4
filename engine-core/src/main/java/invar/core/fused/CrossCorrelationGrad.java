package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// The gradients of [CrossCorrelation], by hand, with the normalised columns â and b̂:
/// ```
/// dâ = 1/N b̂ dcᵀ        db̂ = 1/N â dc
/// da = rstdA (dâ − 1/N Σ dâ − â · 1/N Σ dâ â),   and db alike,   sums over the batch
/// ```
/// ε needs no mention: it is inside rstd.
///
/// In: a, b (N, D); meanA, rstdA, meanB, rstdB (D); dc (D, D). Out: da, db (N, D).
public record CrossCorrelationGrad() implements FusedOp {

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 7);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 1, in[0]);
        int d = in[0].dim(1);
        for (int i = 2; i < 6; i++) Infer.same(this, in, i, Shape.of(d));
        Infer.same(this, in, 6, Shape.of(d, d));
        return new Shape[] {in[0], in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor rstdA = in[3], rstdB = in[5], dc = in[6];
        double n = in[0].dim(0);
        Tensor aHat = in[0].sub(in[2]).mul(rstdA), bHat = in[1].sub(in[4]).mul(rstdB);     // (N, D)
        return new Tensor[] {
            backward(aHat, rstdA, bHat.matmulT(dc).scale(1 / n)),                          // b̂ dcᵀ / N
            backward(bHat, rstdB, aHat.matmul(dc).scale(1 / n))                            // â dc / N
        };
    }

    static Tensor backward(Tensor xHat, Tensor rstd, Tensor dxHat) {
        return dxHat.sub(dxHat.mean(0)).sub(xHat.mul(dxHat.mul(xHat).mean(0))).mul(rstd);
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException(
                "CrossCorrelationGrad has no derivative: CrossCorrelation is differentiable once");
    }
}
