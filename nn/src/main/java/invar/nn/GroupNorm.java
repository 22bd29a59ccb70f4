package invar.nn;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Arrays;
import java.util.Optional;

/// Group normalisation (Wu and He 2018, arXiv:1803.08494, Eq. 1 to 3): each image for itself, over groups of
/// channels and all places,
/// ```
/// y = γ (x − μ) / √(σ² + ε) + β          μ, σ²: mean and biased variance of C/G channels of one image
/// ```
/// With one group it is layer normalisation of an image, which CPC v2 has in place of batch norm: no image sees
/// another.
///
/// @param weight γ (C), from 1
/// @param bias   β (C), from 0
/// @param groups G, which must divide C
/// @param relu   whether the result goes through ReLU
public record GroupNorm(Optional<Tensor> weight, Tensor bias, int groups, double epsilon, boolean relu)
        implements Norm {

    public GroupNorm {
        if (groups < 1 || bias.dim(0) % groups != 0) {
            throw new IllegalArgumentException("the groups of group norm must divide its " + bias.dim(0)
                    + " channels, but there are " + groups);
        }
        if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon must be > 0 but is " + epsilon);
    }

    /// ε = 10⁻⁵, as PyTorch's.
    public static GroupNorm of(Init init, int channels, int groups) {
        Shape shape = Shape.of(channels);
        Tensor weight = init.tensor("weight", Initializer.ONES, shape);
        return new GroupNorm(Optional.of(weight), init.tensor("bias", Initializer.ZEROS, shape), groups, 1e-5, false);
    }

    @Override
    public GroupNorm withRelu() {
        return new GroupNorm(weight, bias, groups, epsilon, true);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor y = normalised(x);
        return relu ? y.relu() : y;
    }

    @Override
    public Tensor apply(Tensor x, Tensor residual, Mode mode) {
        Tensor y = normalised(x).add(residual);
        return relu ? y.relu() : y;
    }

    private Tensor normalised(Tensor x) {
        int channels = bias.dim(0), each = x.size() / x.dim(0) / groups;
        if (x.shape().rank() < 2 || x.dim(1) != channels) {
            throw new IllegalArgumentException("group norm over " + channels + " channels cannot take " + x.shape()
                    + ": axis 1 must have extent " + channels);
        }
        Tensor one = x.device().full(Shape.of(each), 1), zero = x.device().full(Shape.of(each), 0);
        Tensor y = Ops.run(new invar.core.fused.LayerNorm(epsilon), x.reshape(x.dim(0) * groups, each), one, zero);
        int[] extents = new int[x.shape().rank() - 1];
        Arrays.fill(extents, 1);
        extents[0] = channels;
        Shape perChannel = Shape.of(extents);
        return y.reshape(x.shape()).mul(weight.orElseThrow().reshape(perChannel)).add(bias.reshape(perChannel));
    }
}
