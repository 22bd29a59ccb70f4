package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.Tensor;

/// The gradients of [BatchNorm], by hand. With x̂ = (x − mean) / √(variance + ε), M values per channel, and
/// g = dy, or dy · 1[y > 0] behind the ReLU:
/// ```
/// dβ = Σ g        dγ = Σ g x̂        dx = γ / √(variance + ε) · (g − dβ/M − x̂ dγ/M)        dr = g
/// ```
/// So two sums per channel say all: what g has in common with 1 and with x̂ cannot move y, because the mean and the
/// variance of x̂ are fixed, and is taken out.
///
/// In: x (N, C, …); γ, mean, variance (C); y and dy, shaped as x; y is read only behind a ReLU. Out: dx, shaped as x;
/// dγ, dβ (C); if asked, dr, shaped as x.
///
/// @param epsilon ε > 0, as in the forward pass
/// @param relu whether max(·, 0) followed
/// @param residual whether dr is wanted; without ReLU it is dy itself
public record BatchNormGrad(double epsilon, boolean relu, boolean residual) implements FusedOp {

    public BatchNormGrad {
        Infer.positive("epsilon", epsilon);
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 6);
        Shape x = in[0], channels = in[1];
        new BatchNorm(epsilon, relu).infer(x, channels, channels);
        Infer.same(this, in, 2, channels);
        Infer.same(this, in, 3, channels);
        Infer.same(this, in, 4, x);
        Infer.same(this, in, 5, x);
        return residual ? new Shape[] {x, channels, channels, x} : new Shape[] {x, channels, channels};
    }

    @Override
    public Tensor[] reference(Tensor... in) {
        Tensor x = in[0], y = in[4], dy = in[5];
        Tensor gamma = BatchNorm.perChannel(in[1], x), mean = BatchNorm.perChannel(in[2], x);           // (C, 1, 1)
        Tensor rstd = BatchNorm.perChannel(in[3], x).plus(epsilon).sqrt().reciprocal();
        Tensor xHat = x.sub(mean).mul(rstd);                                                            // (N, C, H, W)
        Tensor g = relu ? dy.mul(y.step()) : dy;
        int[] others = BatchNorm.otherAxes(x);
        int channels = x.dim(1);
        double m = (double) x.size() / channels;                                                        // M
        Tensor dBeta = g.sum(others), dGamma = g.mul(xHat).sum(others);                                 // (1, C, 1, 1)
        Tensor free = g.sub(dBeta.scale(1 / m)).sub(xHat.mul(dGamma.scale(1 / m)));
        Tensor dx = free.mul(gamma.mul(rstd)), toGamma = dGamma.reshape(channels), toBeta = dBeta.reshape(channels);
        return residual ? new Tensor[] {dx, toGamma, toBeta, g} : new Tensor[] {dx, toGamma, toBeta};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        throw new UnsupportedOperationException("BatchNormGrad has no derivative: BatchNorm is differentiable once");
    }
}
