package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// ∂L/∂x of [SoftmaxCrossEntropy], by hand, with p = e^(x − m − z), the softmax of the rows:
/// ```
/// dx[i, c] = dL / divisor · (p[i, c] Σⱼ q[i, j] − q[i, c])
/// ```
/// Without weights Σ q = 1, and this is the familiar p − q, over N. Rows that are left out have q = 0.
///
/// In: x (N, K); labels (N), I32; m, z (N, 1); divisor and dL, scalars; and, if there is a seventh input, w (K).
/// Out: dx (N, K).
///
/// @param labelSmoothing as in the forward pass
/// @param ignoreIndex as in the forward pass
public record SoftmaxCrossEntropyGrad(double labelSmoothing, int ignoreIndex) implements FusedOp {

    public SoftmaxCrossEntropyGrad {
        new SoftmaxCrossEntropy(labelSmoothing, ignoreIndex);
    }

    @Override
    public Shape[] infer(Shape... in) {
        if (in.length != 7) Infer.count(this, in, 6);
        Infer.rank(this, in, 0, 2);
        int n = in[0].dim(0), k = in[0].dim(1);
        Infer.same(this, in, 1, Shape.of(n));
        Infer.same(this, in, 2, Shape.of(n, 1));
        Infer.same(this, in, 3, Shape.of(n, 1));
        Infer.scalar(this, in, 4);
        Infer.scalar(this, in, 5);
        if (in.length == 7) Infer.same(this, in, 6, Shape.of(k));
        return new Shape[] {in[0]};
    }

    @Override
    public boolean integerInput(int i) {
        return i == 1;
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], m = in[2], z = in[3], divisor = in[4], dLoss = in[5];
        SoftmaxCrossEntropy forward = new SoftmaxCrossEntropy(labelSmoothing, ignoreIndex);
        Tensor weight = in.length == 7 ? in[6] : x.device().full(Shape.of(x.dim(1)), 1);            // (K)
        Tensor target = forward.target(forward.labelled(in[1], x.dim(1)), weight);                  // q (N, K)
        Tensor p = x.sub(m).sub(z).exp();                                                           // (N, K)
        return new Tensor[] {p.mul(target.sum(1)).sub(target).mul(dLoss.div(divisor))};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException(
                "SoftmaxCrossEntropyGrad has no derivative: SoftmaxCrossEntropy is differentiable once");
    }
}
