package invar.nn;

import invar.core.Tensor;
import java.util.List;

/// Layers one after the other. Adds nothing to the names of their parameters but their index.
public record Sequential(List<Layer> layers) implements Layer {

    public Sequential {
        layers = List.copyOf(layers);
    }

    /// The layers in the order in which they are applied; none: the identity.
    public static Sequential of(Layer... layers) {
        return new Sequential(List.of(layers));
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor y = x;
        for (Layer layer : layers) y = layer.apply(y, mode);
        return y;
    }
}
