package invar.nn;

import invar.core.Tensor;

/// A function applied to every element.
public enum Activation implements Layer {
    /// max(x, 0)
    RELU,
    /// x Φ(x), the exact form (Hendrycks and Gimpel 2016, arXiv:1606.08415)
    GELU,
    /// tanh x
    TANH,
    /// 1 / (1 + e⁻ˣ)
    SIGMOID;

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return switch (this) {
            case RELU -> x.relu();
            case GELU -> x.gelu();
            case TANH -> x.tanh();
            case SIGMOID -> x.sigmoid();
        };
    }
}
