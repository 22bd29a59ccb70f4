package invar.ssl.part;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Activation;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.VisionTransformer;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.Losses;
import java.util.Optional;

/// The projection head of DINO (Caron et al. 2021, [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), App. C;
/// official code, vision_transformer.py: DINOHead):
/// ```
/// z = mlp(h) / ‖mlp(h)‖            (N, B) the bottleneck
/// y = z Wᵀ,  W_k = g_k v_k / ‖v_k‖   (N, K) logits: with g = 1, the cosines of z and of the rows of v
/// ```
/// The mlp is three linear layers with bias and GELU between them, weights normal with deviation 0.02, biases 0.
///
/// @param mlp       h (N, F) to (N, B)
/// @param lastLayer v and g
public record DinoHead(Mlp mlp, LastLayer lastLayer) implements Layer {

    /// A linear layer without bias, its weight in length and direction (Salimans and Kingma 2016,
    /// [arXiv:1602.07868](https://arxiv.org/abs/1602.07868), Eq. 2).
    ///
    /// @param weightV v (K, B), uniform in ±1/√B, PyTorch's default
    /// @param weightG g (K, 1), from 1; absent: 1 for ever
    public record LastLayer(Tensor weightV, Optional<Tensor> weightG) {

        /// z Wᵀ.
        Tensor apply(Tensor z) {
            Tensor w = Losses.normalize(weightV);
            return z.matmulT(weightG.isPresent() ? w.mul(weightG.get()) : w);
        }
    }

    /// What a head is made of.
    ///
    /// @param features   F, the width of the representation
    /// @param hidden     width of the two hidden layers
    /// @param bottleneck B
    /// @param outputs    K
    /// @param batchNorm  whether batch norm follows the hidden layers
    /// @param lengths    whether the lengths g are trained
    public record Spec(int features, int hidden, int bottleneck, int outputs, boolean batchNorm, boolean lengths) {}

    /// A fresh head.
    public static DinoHead of(Init init, Spec spec) {
        Mlp.Spec mlp = Mlp.Spec.of(spec.features, spec.hidden, spec.hidden, spec.bottleneck).withHiddenBias(true)
                .withActivation(Activation.GELU).withWeights(VisionTransformer.WEIGHTS);
        Init last = init.at("last_layer");
        return new DinoHead(Mlp.of(init.at("mlp"), spec.batchNorm ? mlp : mlp.withoutHiddenNorm()), new LastLayer(
                last.tensor("weight_v", new Initializer.Uniform(1 / Math.sqrt(spec.bottleneck)),
                        Shape.of(spec.outputs, spec.bottleneck)),
                spec.lengths ? Optional.of(last.tensor("weight_g", Initializer.ONES, Shape.of(spec.outputs, 1)))
                : Optional.empty()));
    }

    /// z, rows of unit length (N, B).
    public Tensor bottleneck(Tensor h, Mode mode) {
        return Losses.normalize(mlp.apply(h, mode));
    }

    @Override
    public Tensor apply(Tensor h, Mode mode) {
        return lastLayer.apply(bottleneck(h, mode));
    }
}
