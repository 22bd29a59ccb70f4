package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// Normalized temperature-scaled cross entropy (Chen, Kornblith, Norouzi, Hinton 2020,
/// [arXiv:2002.05709](https://arxiv.org/abs/2002.05709), Eq. 1), averaged over all 2N rows. Rows i and i + N of z are
/// the two views of one image; u = z / max(‖z‖, 1e-12), s = u uᵀ / τ, and p(i) = (i + N) mod 2N is i's other view:
/// ```
/// L = 1/2N Σᵢ [ log Σ_{k≠i} exp(sᵢₖ) − sᵢₚ₍ᵢ₎ ]
/// ```
/// In: z (2N, D), N ≥ 1. Out: L, a scalar in nats; lse (2N, 1), the log-sum-exp of each row, and r = 1/max(‖z‖, 1e-12)
/// (2N, 1), kept for the backward pass in place of the (2N, 2N) matrix s.
///
/// Where a tape records it, [NtXentAndGrad] runs instead if the backend has it.
///
/// Departures: the official code (google-research/simclr, objective.py) adds the means of the two views, which is
/// exactly twice this loss; its normalisation floors ‖z‖² at 1e-12 where this, like PyTorch, floors ‖z‖.
///
/// @param temperature τ > 0
public record NtXent(double temperature) implements FusedOp {

    /// The floor of the norms.
    public static final double EPSILON = 1e-12;

    public NtXent {
        Infer.positive("temperature", temperature);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 1);
        Infer.rank(this, in, 0, 2);
        int rows = in[0].dim(0);
        if (rows % 2 != 0) throw new ShapeException(this, in, "needs an even number of rows: two views of each image");
        return new Shape[] {Shape.of(), Shape.of(rows, 1), Shape.of(rows, 1)};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor z = in[0];
        int rows = z.dim(0), n = rows / 2;
        Tensor inverseNorm = L2Normalize.inverseNorm(z, EPSILON);                                 // (2N, 1)
        Tensor u = z.mul(inverseNorm);                                                            // (2N, D)
        Tensor s = u.matmulT(u).scale(1 / temperature).fillDiagonal(Double.NEGATIVE_INFINITY);    // (2N, 2N), k ≠ i
        Tensor lse = s.logSumExp(1);                                                              // (2N, 1)
        Tensor positive = u.rows(0, n).mul(u.rows(n, rows)).sum().scale(1 / temperature);         // Σ over the N pairs
        Tensor loss = lse.sum().sub(positive.scale(2)).scale(1.0 / rows);          // a pair counts for both of its rows
        return new Tensor[] {loss, lse, inverseNorm};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new NtXentGrad(temperature), in[0], out[1], out[2], grad[0]);
    }

    @Override
    public NtXentAndGrad recorded() {
        return new NtXentAndGrad(temperature);
    }
}
