package invar.core.fused;

import invar.core.Infer;
import invar.core.MovementOp.Embed;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// Softmax cross-entropy with class labels, as `torch.nn.functional.cross_entropy` computes it, with label smoothing
/// (Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2016, [arXiv:1512.00567](https://arxiv.org/abs/1512.00567), Sec. 7), rows
/// that are left out, and weights of the classes. Over the rows i with a label other than `ignoreIndex`:
/// ```
/// q[i, c] = w[c] ((1 − s) 1[c = labelᵢ] + s/K)        s the label smoothing, w = 1 without weights
/// L = Σᵢ Σ_c q[i, c] (ln Σⱼ e^x[i, j] − x[i, c]) / Σᵢ w[labelᵢ]
/// ```
/// In: x (N, K), logits; labels (N), I32, in 0 … K − 1 or `ignoreIndex`; and, if there is a third input, w (K), which
/// gets no gradient. Out: L, a scalar in nats; for the backward pass m (N, 1), the maximum of each row, z (N, 1), its
/// ln Σ e^(x − m), and the divisor, a scalar. m and z stay apart because their sum would lose the small digits of z
/// where logits are large, and e^(x − m − z) needs them.
///
/// If every row is left out, the divisor is 0 and L is NaN, as PyTorch's is. A logit of −∞ has probability 0.
///
/// The composition reads the labels on the host and refuses one that is no class ([#checkLabels]); a kernel on a device
/// that cannot throw may give NaN.
///
/// @param labelSmoothing s in 0 … 1
/// @param ignoreIndex the label of rows that are left out; −100 in PyTorch
public record SoftmaxCrossEntropy(double labelSmoothing, int ignoreIndex) implements FusedOp {

    /// The smallest float stands in for ln 0, because 0 · ∞ is not a number.
    private static final double LOWEST = -Float.MAX_VALUE;

    public SoftmaxCrossEntropy {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new IllegalArgumentException("label smoothing must be in 0 … 1 but is " + labelSmoothing);
        }
    }

    @Override
    public Shape[] infer(Shape... in) {
        if (in.length != 3) Infer.count(this, in, 2);
        Infer.rank(this, in, 0, 2);
        int n = in[0].dim(0), k = in[0].dim(1);
        Infer.same(this, in, 1, Shape.of(n));
        if (in.length == 3) Infer.same(this, in, 2, Shape.of(k));
        return new Shape[] {Shape.of(), Shape.of(n, 1), Shape.of(n, 1), Shape.of()};
    }

    @Override
    public boolean integerInput(int i) {
        return i == 1;
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], labels = in[1];
        if (!x.device().capturing()) checkLabels(labels.integers(), x.dim(1));
        Tensor weight = in.length == 3 ? in[2].stopGradient() : x.device().full(Shape.of(x.dim(1)), 1);     // (K)
        Tensor label = labelled(labels, x.dim(1));                                                          // (N, K)
        Tensor target = target(label, weight);                                                              // (N, K)
        Tensor divisor = label.mul(weight).sum();
        Tensor loss = target.mul(x.logSoftmax(1).clampMin(LOWEST)).sum().neg().div(divisor);
        Tensor m = x.stopGradient().maximum(1);                                                             // (N, 1)
        return new Tensor[] {loss, m, x.stopGradient().sub(m).logSumExp(1), divisor};
    }

    /// 1 at the label of each row, (N, K); a row of zeros where the label is `ignoreIndex`.
    Tensor labelled(Tensor labels, int k) {
        Tensor oneHot = labels.oneHot(k);
        if (ignoreIndex < 0 || ignoreIndex >= k) return oneHot;
        Tensor ignored = Ops.run(new Embed(0, ignoreIndex, k), labels.device().full(Shape.of(1), 1));       // (K)
        return oneHot.mul(ignored.affine(-1, 1));
    }

    /// q (N, K), from the labels as ones and the weights (K).
    Tensor target(Tensor label, Tensor weight) {
        Tensor kept = label.sum(1);                                                         // (N, 1): 0 where ignored
        return label.scale(1 - labelSmoothing).add(kept.scale(labelSmoothing / label.dim(1))).mul(weight);
    }

    /// Checks labels on the host.
    ///
    /// @throws IllegalArgumentException naming the first that is neither a class nor `ignoreIndex`
    public void checkLabels(int[] labels, int classes) {
        for (int i = 0; i < labels.length; i++) {
            if ((labels[i] < 0 || labels[i] >= classes) && labels[i] != ignoreIndex) {
                throw new IllegalArgumentException("label " + labels[i] + " of row " + i + " is none of the " + classes
                        + " classes, which count from 0, nor " + ignoreIndex + ", the label of rows to leave out");
            }
        }
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        SoftmaxCrossEntropyGrad op = new SoftmaxCrossEntropyGrad(labelSmoothing, ignoreIndex);
        Tensor dx = in.length == 3
                ? Ops.run(op, in[0], in[1], out[1], out[2], out[3], grad[0], in[2])
                : Ops.run(op, in[0], in[1], out[1], out[2], out[3], grad[0]);
        return in.length == 3 ? new Tensor[] {dx, null, null} : new Tensor[] {dx, null};
    }
}
