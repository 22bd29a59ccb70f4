package invar.ssl.tune;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Optional;

/// A network for a task: an encoder, perhaps the first layers of its projection head, and a linear classifier.
/// Chen et al., NeurIPS 2020, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Sec. 2, where f^task has one
/// layer of the head:
/// ```
/// f^task(x) = W g_K(f(x)) + b            g_0(h) = h,   g_1(h) = ReLU(norm(W⁽¹⁾ h)),   …
/// ```
/// images (N, 3, H, W) to logits (N, C).
///
/// Departure: the classifier has a bias, as in the official code; the paper's formula leaves it out.
///
/// @param encoder    f, images to representations (N, F)
/// @param head       g_K, the first K layers of the projection head; empty if K = 0
/// @param classifier W (C, features of g_K) and b (C), both from 0: at first all classes are equally likely
public record TaskNetwork(Layer encoder, Optional<Mlp> head, Linear classifier) implements Layer {

    /// With a new classifier.
    ///
    /// @param features F, the width of the encoder's output
    /// @param classes  C
    public static TaskNetwork of(Init init, Layer encoder, int features, Optional<Mlp> head, int classes) {
        int in = head.map(Mlp::features).orElse(features);
        return new TaskNetwork(encoder, head,
                Linear.of(init.at("classifier"), in, classes, true, Initializer.ZEROS));
    }

    /// K, the layers of the head that were kept.
    public int headLayers() {
        return head.map(kept -> kept.layers().size()).orElse(0);
    }

    /// C, the number of classes.
    public int classes() {
        return classifier.weight().dim(0);
    }

    @Override
    public Tensor apply(Tensor images, Mode mode) {
        Tensor h = encoder.apply(images, mode);                                        // (N, F)
        Tensor g = head.isPresent() ? head.get().apply(h, mode) : h;                    // (N, features of g_K)
        return classifier.apply(g, mode);                                               // (N, C)
    }
}
