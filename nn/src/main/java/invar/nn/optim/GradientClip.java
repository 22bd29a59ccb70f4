package invar.nn.optim;

import invar.core.Shape;
import invar.core.Tensor;

/// Gradients that are no longer than a limit (Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, Algorithm 1).
public final class GradientClip {

    /// Added to the norm, as in PyTorch and in DINO's `clip_gradients`.
    private static final double EPSILON = 1e-6;

    private GradientClip() {}

    /// g · min(1, limit / (‖g‖ + 10⁻⁶)).
    ///
    /// @param gradient g, of any shape
    /// @param limit    > 0
    public static Tensor toNorm(Tensor gradient, double limit) {
        if (!(limit > 0)) throw new IllegalArgumentException("the limit of a norm must be > 0 but is " + limit);
        Tensor norm = gradient.square().sum().sqrt().plus(EPSILON).reshape(Shape.of());
        return gradient.div(norm.scale(1 / limit).clampMin(1));
    }
}
