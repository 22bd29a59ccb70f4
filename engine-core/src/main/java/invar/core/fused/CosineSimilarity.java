package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// The cosine of the angle between every row of a and every row of b, as `torch.nn.functional.cosine_similarity`
/// defines it, each norm floored by itself:
/// ```
/// s[i, j] = aᵢ · bⱼ / (max(‖aᵢ‖, ε) max(‖bⱼ‖, ε))
/// ```
/// In: a (N, D); b (M, D). Out: s (N, M), in −1 … 1; rA (N, 1) and rB (M, 1), the factors 1/max(‖·‖, ε), kept for the
/// backward pass. The normalised rows are never stored.
///
/// Departures: for rows with a norm under ε this has the true derivative of the formula. PyTorch's autograd keeps a
/// norm term there, and its versions 1.13 and 2 differ.
///
/// @param epsilon ε > 0, the floor of the norms; 1e-8 in PyTorch
public record CosineSimilarity(double epsilon) implements FusedOp {

    public CosineSimilarity {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 2);
        Infer.rank(this, in, 0, 2);
        Infer.rank(this, in, 1, 2);
        int n = in[0].dim(0), m = in[1].dim(0);
        if (in[0].dim(1) != in[1].dim(1)) throw new ShapeException(this, in, "the rows must be equally long");
        return new Shape[] {Shape.of(n, m), Shape.of(n, 1), Shape.of(m, 1)};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor a = in[0], b = in[1];
        Tensor inverseA = L2Normalize.inverseNorm(a, epsilon), inverseB = L2Normalize.inverseNorm(b, epsilon);
        return new Tensor[] {a.mul(inverseA).matmulT(b.mul(inverseB)), inverseA, inverseB};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return Ops.apply(new CosineSimilarityGrad(epsilon), in[0], in[1], out[1], out[2], grad[0]);
    }
}
