package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Setup;

/// An encoder with a linear layer on top: images (N, 3, H, W) to logits (N, C).
///
/// @param encoder images to representations (N, F)
/// @param linear  (C, F), from PyTorch's default start
public record Classifier(Layer encoder, Linear linear) implements Layer {

    /// Over the encoder of a run, for the classes of its data.
    public static Classifier over(Setup setup) {
        Setup.require(setup.classes() >= 2, "The method learns to tell classes apart and needs at least two, but the "
                + "data have " + setup.classes() + ".");
        return new Classifier(setup.encoder(), Linear.of(setup.init().at("classifier"), setup.features(),
                setup.classes(), true));
    }

    @Override
    public Tensor apply(Tensor images, Mode mode) {
        return linear.apply(encoder.apply(images, mode), mode);
    }

    /// The same parameters under running statistics of its own: in [Mode#TRAIN] it computes what this one does, and
    /// leaves this one's statistics as they are. Its own are never used, and so no state.
    public Classifier aside() {
        return Modules.copyOf(this, Modules.parameters(this).values());
    }
}
