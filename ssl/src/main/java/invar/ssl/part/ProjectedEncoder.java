package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.ssl.Setup;

/// What momentum methods average as a whole: z = g(f(x)).
///
/// @param encoder   f, images to representations
/// @param projector g, the head
public record ProjectedEncoder(Layer encoder, Mlp projector) implements Layer {

    /// The encoder of a run with a fresh head.
    ///
    /// @param head its layers, from the width of a representation on
    public static ProjectedEncoder of(Setup setup, Mlp.Spec head) {
        return new ProjectedEncoder(setup.encoder(), Mlp.of(setup.init().at("projector"), head));
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return projector.apply(encoder.apply(x, mode), mode);
    }
}
