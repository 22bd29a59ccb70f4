package invar.nn;

import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.init.Init;
import java.util.Optional;

/// Batch normalisation whose statistics are those of a part of the batch, as if the batch were spread over several
/// devices: what MoCo's shuffling needs (He et al. 2020, arXiv:1911.05722, Sec. 3.3; the official CIFAR demo's
/// `SplitBatchNorm`).
///
/// TRAIN: image i is in group i mod G, and each group has its own mean and variance; the running statistics move by
/// their averages over the groups. EVAL: as [BatchNorm].
///
/// @param weight      γ (C), from 1; absent: 1
/// @param bias        β (C), from 0; absent: 0
/// @param runningMean m (C), from 0
/// @param runningVar  v (C), from 1
/// @param groups      G, which must divide every batch
public record SplitBatchNorm(Optional<Tensor> weight, Optional<Tensor> bias, @Buffer Tensor runningMean,
        @Buffer Tensor runningVar, double momentum, double epsilon, boolean relu, int groups) implements Norm {

    public SplitBatchNorm {
        if (groups < 1) throw new IllegalArgumentException(
                "the groups of batch norm must be at least 1, not " + groups);
    }

    /// With γ and β, momentum 0.1, ε 10⁻⁵.
    public static SplitBatchNorm of(Init init, int channels, int groups) {
        BatchNorm whole = BatchNorm.of(init, channels);
        return new SplitBatchNorm(whole.weight(), whole.bias(), whole.runningMean(), whole.runningVar(),
                whole.momentum(), whole.epsilon(), false, groups);
    }

    @Override
    public SplitBatchNorm withRelu() {
        return new SplitBatchNorm(weight, bias, runningMean, runningVar, momentum, epsilon, true, groups);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return mode == Mode.TRAIN ? train(x, Optional.empty()) : whole().apply(x, mode);
    }

    @Override
    public Tensor apply(Tensor x, Tensor residual, Mode mode) {
        return mode == Mode.TRAIN ? train(x, Optional.of(residual)) : whole().apply(x, residual, mode);
    }

    private BatchNorm whole() {
        return new BatchNorm(weight, bias, runningMean, runningVar, momentum, epsilon, relu);
    }

    private Tensor train(Tensor x, Optional<Tensor> residual) {
        if (x.dim(0) % groups != 0) {
            throw new IllegalArgumentException("batch norm in " + groups + " groups cannot take a batch of " + x.dim(0)
                    + ": the groups must divide the batch");
        }
        int channels = runningMean.dim(0);
        Op op = new invar.core.fused.BatchNorm(epsilon, relu);
        Tensor gamma = repeated(weight.orElseGet(() -> runningMean.full(1)));
        Tensor beta = repeated(bias.orElseGet(() -> runningMean.full(0)));
        Tensor[] out = residual.isPresent() ? Ops.apply(op, split(x), gamma, beta, split(residual.get()))
                : Ops.apply(op, split(x), gamma, beta);
        double count = (double) x.size() / channels / groups;                     // n of a group
        Tensor keep = x.device().full(Shape.of(), 1 - momentum);
        Tensor mean = averaged(out[1]), unbiased = averaged(out[2]).scale(count / (count - 1));
        Ops.update(UpdateOp.Assign.AVERAGE, runningMean, mean, keep);
        Ops.update(UpdateOp.Assign.AVERAGE, runningVar, unbiased, keep);
        return out[0].reshape(x.shape());
    }

    /// (N, C, …) as (N/G, G C, …): the images of a group under each other.
    private Tensor split(Tensor x) {
        int[] extents = x.shape().extents();
        extents[0] /= groups;
        extents[1] *= groups;
        return x.reshape(Shape.of(extents));
    }

    /// (C) as (G C).
    private Tensor repeated(Tensor perChannel) {
        int channels = perChannel.dim(0);
        return perChannel.reshape(1, channels).broadcastTo(Shape.of(groups, channels)).reshape(groups * channels);
    }

    /// (G C) as (C), the mean over the groups.
    private Tensor averaged(Tensor perGroup) {
        int channels = runningMean.dim(0);
        return perGroup.stopGradient().reshape(groups, channels).mean(0).reshape(channels);
    }
}
