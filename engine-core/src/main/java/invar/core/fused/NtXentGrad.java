package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// ∂L/∂z of [NtXent], by hand:
/// ```
/// ∂L/∂uᵢ = 1/(2N τ) Σ_{j≠i} (e^(sᵢⱼ − lseᵢ) + e^(sᵢⱼ − lseⱼ) − 2·1[j = p(i)]) uⱼ
/// ∂L/∂zᵢ = (I − uᵢ uᵢᵀ) ∂L/∂uᵢ / ‖zᵢ‖,   or ∂L/∂uᵢ / 1e-12 where ‖zᵢ‖ is below that floor
/// ```
/// s is symmetric, so row i meets every exponential twice: in its own softmax and in those of the others. A row counts
/// as below the floor where 1e-12 r ≥ 1 − 2⁻²⁰ ([L2Normalize#FLOORED]).
///
/// In: z (2N, D); lse (2N, 1); r = 1/max(‖z‖, 1e-12) (2N, 1); ∂L, a scalar. Out: dz (2N, D).
public record NtXentGrad(double temperature) implements FusedOp {

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 4);
        Infer.rank(this, in, 0, 2);
        Shape column = Shape.of(in[0].dim(0), 1);
        Infer.same(this, in, 1, column);
        Infer.same(this, in, 2, column);
        Infer.scalar(this, in, 3);
        return new Shape[] {in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor z = in[0], lse = in[1], inverseNorm = in[2], g = in[3];
        int rows = z.dim(0), n = rows / 2;
        Tensor u = z.mul(inverseNorm);
        Tensor s = u.matmulT(u).scale(1 / temperature).fillDiagonal(Double.NEGATIVE_INFINITY);
        Tensor p = s.sub(lse).exp();                                             // row i: softmax over k ≠ i
        Tensor partner = u.rows(n, rows).concat(0, u.rows(0, n));                // row i: u of p(i)
        Tensor du = p.matmul(u).add(p.tMatmul(u)).sub(partner.scale(2)).mul(g).scale(1 / (rows * temperature));
        return new Tensor[] {L2Normalize.backward(u, inverseNorm, du, NtXent.EPSILON)};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException("NtXentGrad has no derivative: NT-Xent is differentiable once");
    }
}
