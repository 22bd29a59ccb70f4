package invar.core.fused;

import invar.core.Infer;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;
import java.util.Arrays;

/// Batch normalisation with the statistics of the batch (Ioffe and Szegedy 2015,
/// [arXiv:1502.03167](https://arxiv.org/abs/1502.03167), Algorithm 1), and, if asked, what follows it at the end of a
/// residual block: the sum with a residual r, and ReLU. For every channel c, with sums over its M = N · H · W values:
/// ```
/// mean = 1/M Σ x        variance = 1/M Σ (x − mean)²        x̂ = (x − mean) / √(variance + ε)
/// y = γ x̂ + β + r,   or max(γ x̂ + β + r, 0) with relu;   r = 0 where there is none
/// ```
/// In: x (N, C), (N, C, L) or (N, C, H, W), M ≥ 2; γ (C); β (C); r, shaped as x, or nothing. Out: y, shaped as x;
/// mean (C) and variance (C), the biased one, kept for the backward pass and for running statistics. x̂ is not kept: it
/// is one multiplication away from x, and would be as large as it. The sum inside this op saves writing and reading
/// γ x̂ + β, and with relu the sum as well.
///
/// The mean is subtracted before squares are summed. Σx² − M mean² in one pass would lose all digits where the mean
/// is large beside the deviation.
///
/// Departures: running statistics are not this op's business; PyTorch's move towards the unbiased variance,
/// variance · M / (M − 1).
///
/// @param epsilon ε > 0, added to the variance
/// @param relu whether max(·, 0) follows
public record BatchNorm(double epsilon, boolean relu) implements FusedOp {

    public BatchNorm {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        if (in.length != 4) Infer.count(this, in, 3);
        Shape x = in[0];
        if (x.rank() < 2 || x.rank() > 4) {
            throw new ShapeException(this, in, "x must be (N, C), (N, C, L) or (N, C, H, W)");
        }
        Shape channels = Shape.of(x.dim(1));
        Infer.same(this, in, 1, channels);
        Infer.same(this, in, 2, channels);
        if (in.length == 4) Infer.same(this, in, 3, x);
        if (x.elements() == x.dim(1)) {
            throw new ShapeException(this, in, "one value per channel has no variance: batch norm needs at least 2");
        }
        return new Shape[] {x, channels, channels};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], gamma = perChannel(in[1], x), beta = perChannel(in[2], x);       // (C, 1, 1) for images
        int[] others = otherAxes(x);
        Tensor mean = x.mean(others);                                                      // (1, C, 1, 1)
        Tensor centred = x.sub(mean);
        Tensor variance = centred.square().mean(others);                                   // (1, C, 1, 1)
        Tensor rstd = variance.plus(epsilon).sqrt().reciprocal();
        Tensor y = centred.mul(rstd).mul(gamma).add(beta);                                 // (N, C, H, W)
        if (in.length == 4) y = y.add(in[3]);
        return new Tensor[] {relu ? y.relu() : y, mean.reshape(x.dim(1)), variance.reshape(x.dim(1))};
    }

    /// A vector over channels, shaped to broadcast to x.
    static Tensor perChannel(Tensor vector, Tensor x) {
        int[] extents = new int[x.shape().rank() - 1];
        Arrays.fill(extents, 1);
        extents[0] = x.dim(1);
        return vector.reshape(extents);
    }

    /// All axes of x but that of the channels.
    static int[] otherAxes(Tensor x) {
        int[] axes = new int[x.shape().rank() - 1];
        for (int i = 1; i < axes.length; i++) axes[i] = i + 1;
        return axes;
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        boolean residual = in.length == 4;
        Tensor dy = grad[0];
        Tensor[] dx = Ops.apply(
                new BatchNormGrad(epsilon, relu, residual && relu), in[0], in[1], out[1], out[2], out[0], dy);
        return residual && !relu ? new Tensor[] {dx[0], dx[1], dx[2], dy} : dx;            // y = … + r: dr = dy
    }
}
