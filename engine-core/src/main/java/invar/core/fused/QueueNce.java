package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// InfoNCE against a queue of negatives, the loss of MoCo (He, Fan, Wu, Xie, Girshick 2020,
/// [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Eq. 1): the mean cross entropy of one right key among 1 + K.
/// ```
/// s = [qᵢ · kᵢ, qᵢ · queue₀, …, qᵢ · queue_{K−1}] / τ        (N, 1 + K)
/// L = 1/N Σᵢ (lseᵢ − sᵢ₀),   lseᵢ = log Σⱼ exp sᵢⱼ
/// ```
/// In: q (N, D) queries; k (N, D) their keys; queue (K, D), K ≥ 1, keys of earlier batches. The rows are used as they
/// are; in the paper they have unit length. Out: L, a scalar in nats; lse (N, 1); mean (N, D), the keys of each row
/// averaged under its softmax p = exp(s − lse),
/// ```
/// meanᵢ = pᵢ₀ kᵢ + Σⱼ pᵢⱼ queueⱼ₋₁
/// ```
/// kept for the backward pass, which needs nothing else of the (N, 1 + K) logits:
/// ```
/// ∂L/∂qᵢ = (meanᵢ − kᵢ) / (N τ)        ∂L/∂kᵢ = (pᵢ₀ − 1) qᵢ / (N τ)
/// ```
/// The queue gets no gradient: it holds what was computed before.
///
/// @param temperature τ > 0
public record QueueNce(double temperature) implements FusedOp {

    public QueueNce {
        Infer.positive("temperature", temperature);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 3);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 1, in[0]);
        Infer.rank(this, in, 2, 2);
        Infer.same(this, in, 2, Shape.of(in[2].dim(0), in[0].dim(1)));
        return new Shape[] {Shape.of(), Shape.of(in[0].dim(0), 1), in[0]};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor q = in[0], k = in[1], queue = in[2].stopGradient();
        int keys = queue.dim(0);
        Tensor s = q.mul(k).sum(1).concat(1, q.matmulT(queue)).scale(1 / temperature);       // (N, 1 + K)
        Tensor lse = s.logSumExp(1);                                                         // (N, 1)
        Tensor loss = lse.sub(s.slice(1, 0, 1)).mean();
        Tensor p = s.sub(lse).exp();                                                         // (N, 1 + K)
        Tensor mean = k.mul(p.slice(1, 0, 1)).add(p.slice(1, 1, 1 + keys).matmul(queue));    // (N, D)
        return new Tensor[] {loss, lse, mean};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        Tensor q = in[0], k = in[1], lse = out[1], mean = out[2];
        Tensor g = grad[0].scale(1 / (q.dim(0) * temperature));
        Tensor wrong = q.mul(k).sum(1).scale(1 / temperature).sub(lse).exp().plus(-1);       // pᵢ₀ − 1  (N, 1)
        return new Tensor[] {mean.sub(k).mul(g), q.mul(wrong).mul(g), null};
    }
}
