package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// The loss of Barlow Twins (Zbontar, Jing, Misra, LeCun, Deny 2021,
/// [arXiv:2103.03230](https://arxiv.org/abs/2103.03230), Eq. 1) for batches with fewer rows than features. With c the
/// [CrossCorrelation] of a and b, and â and b̂ their columns, centred and scaled as there:
/// ```
/// L = Σᵢ (1 − cᵢᵢ)² + λ Σ_{i≠j} cᵢⱼ²
///   = λ/N² ⟨â âᵀ, b̂ b̂ᵀ⟩ + Σᵢ ((1 − cᵢᵢ)² − λ cᵢᵢ²)
/// ```
/// The second line has (N, N) matrices in place of c (D, D). It holds for all N and D; but if N is not less than D, the
/// off-diagonal part may be a small difference of large numbers, and the first line costs less:
/// [#prefers] says which to take.
///
/// In: a, b (N, D), N ≥ 2. Out: L, a scalar; meanA, rstdA, meanB, rstdB (D), the diagonal of c (D), and the Gram
/// matrices â âᵀ and b̂ b̂ᵀ (N, N), kept for the backward pass.
///
/// Departures: those of [CrossCorrelation].
///
/// @param lambda  λ ≥ 0, the weight of the off-diagonal entries
/// @param epsilon ε > 0, added to the variances
public record BarlowTwins(double lambda, double epsilon) implements FusedOp {

    public BarlowTwins {
        if (!(lambda >= 0) || Double.isInfinite(lambda)) {
            throw new IllegalArgumentException("lambda must be a number >= 0 but is " + lambda);
        }
        Infer.positive("epsilon", epsilon);
    }

    /// Whether this form is better than that with c, for `rows` rows of `features` features: below ¾ as many. There c
    /// has rank N − 1 < ¾ D, so no more than about ¾ of Σ cᵢⱼ² can cancel.
    public static boolean prefers(int rows, int features) {
        return 4L * rows < 3L * features;
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 2);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 1, in[0]);
        int n = in[0].dim(0);
        if (n < 2) throw new ShapeException(this, in, "one row has no variance: needs at least 2");
        Shape features = Shape.of(in[0].dim(1)), gram = Shape.of(n, n);
        return new Shape[] {Shape.of(), features, features, features, features, features, gram, gram};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        int d = in[0].dim(1);
        Tensor[] out = new CrossCorrelation(epsilon).reference(in);                          // c, means, rstds
        Tensor aHat = in[0].sub(out[1]).mul(out[2]), bHat = in[1].sub(out[3]).mul(out[4]);   // (N, D)
        Tensor diagonal = aHat.mul(bHat).mean(0).reshape(d);                                 // cᵢᵢ  (D)
        Tensor apart = out[0].fillDiagonal(0).square().sum().scale(lambda);
        Tensor loss = diagonal.affine(-1, 1).square().sum().add(apart);
        return new Tensor[] {
            loss, out[1], out[2], out[3], out[4], diagonal, aHat.matmulT(aHat), bHat.matmulT(bHat)
        };
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new BarlowTwinsGrad(lambda), in[0], in[1], out[1], out[2], out[3], out[4], out[5], out[6],
                out[7], grad[0]);
    }
}
