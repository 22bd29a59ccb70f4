package invar.nn.optim;

import invar.core.Tensor;

/// The strength of weight decay, and whether parameters with one axis have it: biases and the scales and shifts of
/// normalisation layers, which a common rule leaves out.
///
/// @param strength ≥ 0
public record WeightDecay(double strength, boolean oneAxis) {

    /// No decay.
    public static final WeightDecay NONE = new WeightDecay(0, true);

    public WeightDecay {
        if (!(strength >= 0)) throw new IllegalArgumentException("weight decay must be ≥ 0 but is " + strength);
    }

    /// On every parameter.
    public static WeightDecay ofAll(double strength) {
        return new WeightDecay(strength, true);
    }

    /// Not on parameters with one axis.
    public static WeightDecay ofWeights(double strength) {
        return new WeightDecay(strength, false);
    }

    /// What applies to this parameter.
    public double of(Tensor parameter) {
        return oneAxis || parameter.shape().rank() > 1 ? strength : 0;
    }
}
