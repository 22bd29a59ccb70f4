package invar.nn;

import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Arrays;
import java.util.Optional;

/// Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithms 1 and 2), per channel, over all other
/// axes:
/// ```
/// TRAIN  y = γ (x − μ) / √(σ² + ε) + β          μ, σ²: mean and biased variance of this batch, n values a channel
///        m ← (1 − momentum) m + momentum · μ
///        v ← (1 − momentum) v + momentum · σ² n/(n − 1)
/// EVAL   y = γ (x − m) / √(v + ε) + β
/// ```
/// x (N, C) or (N, C, …), y alike; with `relu`, max(y, 0). At the end of a residual block, [#apply(Tensor, Tensor,
/// Mode)] adds the residual before the ReLU.
///
/// @param weight      γ (C), from 1; absent: 1
/// @param bias        β (C), from 0; absent: 0
/// @param runningMean m (C), from 0
/// @param runningVar  v (C), from 1
/// @param momentum    how far the running statistics move, 0 … 1; PyTorch's 0.1 is a decay of 0.9 elsewhere
/// @param epsilon     ε > 0
/// @param relu        whether the result goes through ReLU, which saves a pass over it
public record BatchNorm(
        Optional<Tensor> weight,
        Optional<Tensor> bias,
        @Buffer Tensor runningMean,
        @Buffer Tensor runningVar,
        double momentum,
        double epsilon,
        boolean relu) implements Norm {

    /// PyTorch's defaults.
    public static final double MOMENTUM = 0.1, EPSILON = 1e-5;

    /// Which parameters there are.
    public enum Affine {
        /// γ and β.
        SCALE_AND_SHIFT,
        /// γ but not β: the last layer of SimCLR's projection head.
        SCALE,
        /// Neither: the last layer of SimSiam's projector and of MoCo v3's heads.
        NONE
    }

    public BatchNorm {
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("the momentum of batch norm must be from 0 to 1 but is " + momentum);
        }
        if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon must be > 0 but is " + epsilon);
    }

    /// With γ and β, momentum 0.1, ε 10⁻⁵.
    public static BatchNorm of(Init init, int channels) {
        return of(init, channels, Affine.SCALE_AND_SHIFT);
    }

    /// With momentum 0.1, ε 10⁻⁵.
    public static BatchNorm of(Init init, int channels, Affine affine) {
        Shape shape = Shape.of(channels);
        return new BatchNorm(
                affine == Affine.NONE ? Optional.empty() : Optional.of(init.tensor("weight", Initializer.ONES, shape)),
                affine == Affine.SCALE_AND_SHIFT
                        ? Optional.of(init.tensor("bias", Initializer.ZEROS, shape)) : Optional.empty(),
                init.tensor("running_mean", Initializer.ZEROS, shape),
                init.tensor("running_var", Initializer.ONES, shape),
                MOMENTUM, EPSILON, false);
    }

    @Override
    public BatchNorm withRelu() {
        return new BatchNorm(weight, bias, runningMean, runningVar, momentum, epsilon, true);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return apply(x, Optional.empty(), mode);
    }

    /// In one pass over the numbers.
    @Override
    public Tensor apply(Tensor x, Tensor residual, Mode mode) {
        return apply(x, Optional.of(residual), mode);
    }

    private Tensor apply(Tensor x, Optional<Tensor> residual, Mode mode) {
        int channels = runningMean.dim(0);
        if (x.shape().rank() < 2 || x.dim(1) != channels) {
            throw new IllegalArgumentException("batch norm over " + channels + " channels cannot take " + x.shape()
                    + ": axis 1 must have extent " + channels);
        }
        return mode == Mode.TRAIN ? train(x, residual) : evaluate(x, residual);
    }

    private Tensor train(Tensor x, Optional<Tensor> residual) {
        Op op = new invar.core.fused.BatchNorm(epsilon, relu);
        Tensor[] out = residual.isPresent()
                ? Ops.apply(op, x, gamma(), beta(), residual.get()) : Ops.apply(op, x, gamma(), beta());
        double count = (double) x.size() / x.dim(1);                              // n
        Tensor keep = x.device().full(Shape.of(), 1 - momentum);
        Tensor mean = out[1].stopGradient(), unbiased = out[2].stopGradient().scale(count / (count - 1));
        Ops.update(UpdateOp.Assign.AVERAGE, runningMean, mean, keep);
        Ops.update(UpdateOp.Assign.AVERAGE, runningVar, unbiased, keep);
        return out[0];
    }

    private Tensor evaluate(Tensor x, Optional<Tensor> residual) {
        Tensor scale = gamma().div(runningVar.plus(epsilon).sqrt());              // y = scale x + shift
        Tensor shift = beta().sub(runningMean.mul(scale));
        Tensor y = x.mul(alongChannels(scale, x)).add(alongChannels(shift, x));
        if (residual.isPresent()) y = y.add(residual.get());
        return relu ? y.relu() : y;
    }

    private Tensor gamma() {
        return weight.orElseGet(() -> runningMean.full(1));
    }

    private Tensor beta() {
        return bias.orElseGet(() -> runningMean.full(0));
    }

    /// (C) as (C, 1, …), to broadcast along axis 1 of x.
    private static Tensor alongChannels(Tensor perChannel, Tensor x) {
        int[] extents = new int[x.shape().rank() - 1];
        Arrays.fill(extents, 1);
        extents[0] = perChannel.dim(0);
        return perChannel.reshape(Shape.of(extents));
    }
}
