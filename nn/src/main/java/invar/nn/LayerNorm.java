package invar.nn;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;

/// Layer normalisation over the last axis (Ba, Kiros, Hinton 2016, arXiv:1607.06450, Eq. 4):
/// ```
/// y = γ (x − μ) / √(σ² + ε) + β          μ, σ²: mean and biased variance of each row
/// ```
/// x (…, D), y alike.
///
/// @param weight  γ (D), from 1
/// @param bias    β (D), from 0
/// @param epsilon ε > 0
public record LayerNorm(Tensor weight, Tensor bias, double epsilon) implements Layer {

    public LayerNorm {
        if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon must be > 0 but is " + epsilon);
    }

    /// ε = 10⁻⁵, as PyTorch's.
    public static LayerNorm of(Init init, int features) {
        Shape shape = Shape.of(features);
        return new LayerNorm(
                init.tensor("weight", Initializer.ONES, shape), init.tensor("bias", Initializer.ZEROS, shape), 1e-5);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        int features = weight.dim(0);
        if (x.shape().rank() < 1 || x.dim(-1) != features) {
            throw new IllegalArgumentException("layer norm over " + features + " features cannot take " + x.shape()
                    + ": the last axis must have extent " + features);
        }
        return Ops.run(new invar.core.fused.LayerNorm(epsilon), x, weight, bias);
    }
}
