package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// The gradients of [BarlowTwins], by hand, from the Gram matrices:
/// ```
/// dâ = 2λ/N² (b̂ b̂ᵀ) â + 2/N b̂ diag((1 − λ) cᵢᵢ − 1)        db̂ = 2λ/N² (â âᵀ) b̂ + 2/N â diag((1 − λ) cᵢᵢ − 1)
/// da = rstdA (dâ − 1/N Σ dâ − â · 1/N Σ dâ â),   and db alike,   sums over the batch
/// ```
/// In: a, b (N, D); meanA, rstdA, meanB, rstdB (D); the diagonal of c (D); â âᵀ and b̂ b̂ᵀ (N, N); ∂L, a scalar. Out:
/// da, db (N, D).
public record BarlowTwinsGrad(double lambda) implements FusedOp {

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 10);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 1, in[0]);
        int n = in[0].dim(0), d = in[0].dim(1);
        for (int i = 2; i < 7; i++) Infer.same(this, in, i, Shape.of(d));
        for (int i = 7; i < 9; i++) Infer.same(this, in, i, Shape.of(n, n));
        Infer.scalar(this, in, 9);
        return new Shape[] {in[0], in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor rstdA = in[3], rstdB = in[5], gramA = in[7], gramB = in[8], g = in[9];
        double n = in[0].dim(0);
        Tensor aHat = in[0].sub(in[2]).mul(rstdA), bHat = in[1].sub(in[4]).mul(rstdB);       // (N, D)
        Tensor onDiagonal = in[6].affine(1 - lambda, -1).scale(2 / n);                       // (D)
        Tensor dA = gramB.matmul(aHat).scale(2 * lambda / (n * n)).add(bHat.mul(onDiagonal));
        Tensor dB = gramA.matmul(bHat).scale(2 * lambda / (n * n)).add(aHat.mul(onDiagonal));
        return new Tensor[] {
            CrossCorrelationGrad.backward(aHat, rstdA, dA.mul(g)), CrossCorrelationGrad.backward(bHat, rstdB, dB.mul(g))
        };
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException(
                "BarlowTwinsGrad has no derivative: BarlowTwins is differentiable once");
    }
}
