package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// The gradients of [CosineSimilarity], by hand. With u = rA a and v = rB b, so that s = u vᵀ:
/// ```
/// du = ds v        dv = dsᵀ u        da = rA (du − u uᵀdu),   db = rB (dv − v vᵀdv),   row by row
/// ```
/// A row with a norm under ε has no norm term: da = du/ε ([L2NormalizeGrad]).
///
/// In: a (N, D); b (M, D); rA (N, 1); rB (M, 1); ds (N, M). Out: da (N, D); db (M, D).
///
/// @param epsilon ε > 0, as in the forward pass
public record CosineSimilarityGrad(double epsilon) implements FusedOp {

    public CosineSimilarityGrad {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 5);
        Shape[] forward = new CosineSimilarity(epsilon).infer(in[0], in[1]);
        Infer.same(this, in, 2, forward[1]);
        Infer.same(this, in, 3, forward[2]);
        Infer.same(this, in, 4, forward[0]);
        return new Shape[] {in[0], in[1]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor inverseA = in[2], inverseB = in[3], ds = in[4];
        Tensor u = in[0].mul(inverseA), v = in[1].mul(inverseB);                        // (N, D), (M, D)
        return new Tensor[] {
            L2Normalize.backward(u, inverseA, ds.matmul(v), epsilon),                   // ds v   (N, D)
            L2Normalize.backward(v, inverseB, ds.tMatmul(u), epsilon)                   // dsᵀ u  (M, D)
        };
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException(
                "CosineSimilarityGrad has no derivative: CosineSimilarity is differentiable once");
    }
}
