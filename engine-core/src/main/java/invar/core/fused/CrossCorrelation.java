package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// The cross-correlation matrix of the features of two batches (Zbontar, Jing, Misra, LeCun, Deny 2021,
/// [arXiv:2103.03230](https://arxiv.org/abs/2103.03230), Eq. 2). Every column is centred and divided by its deviation
/// over the batch, with sums over the N rows:
/// ```
/// mean = 1/N Σ a        rstd = 1 / √(1/N Σ (a − mean)² + ε)        â = (a − mean) rstd, and b̂ from b
/// c[i, j] = 1/N Σ â[n, i] b̂[n, j]
/// ```
/// In: a, b (N, D), N ≥ 2. Out: c (D, D); meanA, rstdA, meanB, rstdB (D), kept for the backward pass. â and b̂ are not
/// stored.
///
/// Departures: the paper has no ε; its code (facebookresearch/barlowtwins, main.py) normalises with a batch norm
/// without affine part, which has ε = 1e-5.
///
/// @param epsilon ε > 0, added to the variances
public record CrossCorrelation(double epsilon) implements FusedOp {

    public CrossCorrelation {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 2);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 1, in[0]);
        if (in[0].dim(0) < 2) throw new ShapeException(this, in, "one row has no variance: needs at least 2");
        int d = in[0].dim(1);
        Shape features = Shape.of(d);
        return new Shape[] {Shape.of(d, d), features, features, features, features};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor a = in[0], b = in[1];
        int n = a.dim(0), d = a.dim(1);
        Tensor meanA = a.mean(0), meanB = b.mean(0);                                       // (1, D)
        Tensor rstdA = rstd(a.sub(meanA)), rstdB = rstd(b.sub(meanB));                     // (1, D)
        Tensor aHat = a.sub(meanA).mul(rstdA), bHat = b.sub(meanB).mul(rstdB);             // (N, D)
        Tensor c = aHat.tMatmul(bHat).scale(1.0 / n);                                      // (D, D)
        return new Tensor[] {c, meanA.reshape(d), rstdA.reshape(d), meanB.reshape(d), rstdB.reshape(d)};
    }

    private Tensor rstd(Tensor centred) {
        return centred.square().mean(0).plus(epsilon).sqrt().reciprocal();
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new CrossCorrelationGrad(), in[0], in[1], out[1], out[2], out[3], out[4], grad[0]);
    }
}
