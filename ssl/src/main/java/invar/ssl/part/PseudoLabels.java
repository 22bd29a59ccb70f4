package invar.ssl.part;

import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.stream.IntStream;

/// The classes that a network believes in, for images whose class is not known (Lee 2013; Sohn et al. 2020, FixMatch,
/// [arXiv:2001.07685](https://arxiv.org/abs/2001.07685), Eq. 4): with q = softmax(z),
/// ```
/// q̂ᵢ = argmax_c qᵢ_c         maskᵢ = 1 if max_c qᵢ_c ≥ τ, else 0
/// ```
/// Constants for differentiation.
///
/// @param hard (N, C), one 1 in every row: that of the class, of equally likely ones the first
/// @param mask (N, 1), 1 where the network is confident, else 0
public record PseudoLabels(Tensor hard, Tensor mask) {

    /// C, C − 1, …, 1: of equally likely classes the first has the most.
    private record Before(int classes) {}

    /// The labels by these logits.
    ///
    /// @param logits     z (N, C)
    /// @param confidence τ in [0, 1]
    public static PseudoLabels of(Tensor logits, double confidence) {
        Tensor q = logits.stopGradient().softmax(1), most = q.maximum(1);                    // (N, C), (N, 1)
        Tensor mask = most.less(most.full(confidence)).affine(-1, 1);                        // not less: ≥
        int classes = q.dim(1);
        Tensor before = q.device().constant(new Before(classes), () -> q.device().tensor(
                Shape.of(1, classes), IntStream.range(0, classes).mapToDouble(c -> classes - c).toArray()));
        Tensor likeliest = q.equal(most).mul(before);
        return new PseudoLabels(likeliest.equal(likeliest.maximum(1)), mask);
    }

    /// The mean over all N images, the masked ones as zeros, of the cross entropy with the labels:
    /// ```
    /// 1/N Σᵢ maskᵢ H(q̂ᵢ, softmax(xᵢ))
    /// ```
    /// @param logits x (N, C), of another view of the same images
    public Tensor crossEntropy(Tensor logits) {
        return Losses.softCrossEntropy(logits, hard.mul(mask));
    }

    /// The share of images that count, a scalar in [0, 1].
    public Tensor share() {
        return mask.mean();
    }
}
