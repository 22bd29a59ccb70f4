package invar.nn;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Optional;

/// An affine map of the last axis:
/// ```
/// y = x Wᵀ + b
/// ```
/// x (…, in), any number of axes before the last; y (…, out).
///
/// @param weight W (out, in)
/// @param bias   b (out), or absent
public record Linear(Tensor weight, Optional<Tensor> bias) implements Layer {

    public Linear {
        if (weight.shape().rank() != 2) {
            throw new IllegalArgumentException("the weight of a linear layer is (out, in), not " + weight.shape());
        }
        Tensor w = weight;
        bias.ifPresent(b -> checkBias(b, w.dim(0)));
    }

    /// PyTorch's default: weight and bias uniform in ±1/√in.
    public static Linear of(Init init, int in, int out, boolean bias) {
        Initializer uniform = new Initializer.Uniform(1 / Math.sqrt(in));
        return new Linear(
                init.tensor("weight", uniform, Shape.of(out, in)),
                bias ? Optional.of(init.tensor("bias", uniform, Shape.of(out))) : Optional.empty());
    }

    /// Weights as asked for, bias zero.
    public static Linear of(Init init, int in, int out, boolean bias, Initializer weights) {
        return new Linear(
                init.tensor("weight", weights, Shape.of(out, in)),
                bias ? Optional.of(init.tensor("bias", Initializer.ZEROS, Shape.of(out))) : Optional.empty());
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        int in = weight.dim(1), out = weight.dim(0);
        if (x.shape().rank() < 1 || x.dim(-1) != in) {
            throw new IllegalArgumentException("a linear layer from " + in + " to " + out + " features cannot take "
                    + x.shape() + ": the last axis must have extent " + in);
        }
        boolean matrix = x.shape().rank() == 2;
        Tensor y = (matrix ? x : x.reshape(-1, in)).matmulT(weight);              // (N, out)
        if (bias.isPresent()) y = y.add(bias.get());
        return matrix ? y : y.reshape(x.shape().with(-1, out));
    }

    static void checkBias(Tensor bias, int out) {
        if (!bias.shape().equals(Shape.of(out))) {
            throw new IllegalArgumentException(
                    "the bias of a layer with %d outputs has shape (%d), not %s".formatted(out, out, bias.shape()));
        }
    }
}
