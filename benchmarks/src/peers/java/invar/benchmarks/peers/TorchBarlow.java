package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import invar.benchmarks.work.BarlowWork;

/// The loss of Barlow Twins in libtorch, forward and backward, in two ways.
///
/// Composed as in the official code, through the (D, D) matrix c; its sum of squares is that of the Frobenius norm,
/// whose derivative is one pass. Or, where N is much smaller than D, without c, through
/// ```
/// N² Σᵢⱼ cᵢⱼ² = ⟨ÂÂᵀ, B̂B̂ᵀ⟩        ∂/∂Â = 2 (B̂B̂ᵀ) Â
/// ```
/// with the derivative written by hand, because recording it would multiply twice where once is enough.
final class TorchBarlow extends TorchJob {

    private final NDArray a, b, mean, variance, zeros, ones;
    private final int n;
    private final boolean gram;

    TorchBarlow(NDManager manager, int n, int d, boolean gram) {
        super(manager);
        this.n = n;
        this.gram = gram;
        a = input(BarlowWork.view(2, n, d), n, d);
        b = input(BarlowWork.view(3, n, d), n, d);
        mean = zeros(d);
        variance = ones(d);
        zeros = zeros(d);
        ones = ones(d);
    }

    @Override
    NDArray[] compute() {
        NDArray x = leaf(a), y = leaf(b);
        return gram ? throughGram(x, y) : throughCorrelation(x, y);
    }

    private NDArray[] throughCorrelation(NDArray x, NDArray y) {
        float lambda = (float) BarlowWork.LAMBDA;
        NDArray loss = recorded(() -> {
            NDArray xHat = standardized(x).mul(1f / n), yHat = standardized(y);
            NDArray c = xHat.transpose().matMul(yHat), diagonal = xHat.mul(yHat).sum(new int[] {0});
            NDArray all = c.norm().square().mul(lambda);
            return diagonal.sub(1).square().sum().sub(diagonal.square().sum().mul(lambda)).add(all);
        });
        backward(loss);
        return new NDArray[] {here(loss), x.getGradient(), y.getGradient()};
    }

    private NDArray[] throughGram(NDArray x, NDArray y) {
        float lambda = (float) BarlowWork.LAMBDA;
        NDArray xHat = recorded(() -> standardized(x)), yHat = recorded(() -> standardized(y));
        NDArray p = here(xHat), q = here(yHat);
        NDArray grams = p.matMul(p.transpose()), others = q.matMul(q.transpose());
        NDArray diagonal = p.mul(q).sum(new int[] {0}).divi(n);
        NDArray squares = grams.mul(others).sum().mul(lambda / ((float) n * n));
        NDArray loss = diagonal.sub(1).square().sum().sub(diagonal.square().sum().mul(lambda)).add(squares);
        NDArray slope = diagonal.sub(1).sub(diagonal.mul(lambda)).mul(2f / n);         // of the terms of the diagonal
        float factor = 2 * lambda / ((float) n * n);
        backward(xHat, others.muli(factor).matMul(p).addi(q.mul(slope)));
        backward(yHat, grams.muli(factor).matMul(q).addi(p.mul(slope)));
        return new NDArray[] {loss, x.getGradient(), y.getGradient()};
    }

    /// Running statistics are not needed, but DJL's batch norm has to have some.
    private NDArray standardized(NDArray x) {
        return batchNorm(x, mean, variance, ones, zeros);
    }
}
