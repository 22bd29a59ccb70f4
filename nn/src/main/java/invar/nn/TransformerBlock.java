package invar.nn;

import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;

/// A pre-norm block of a transformer (Dosovitskiy et al., ICLR 2021,
/// [arXiv:2010.11929](https://arxiv.org/abs/2010.11929), Eq. 2 and 3):
/// ```
/// z = x + attn(norm1(x))
/// y = z + fc2(gelu(fc1(norm2(z))))
/// ```
/// x (N, T, D), y alike. No dropout and no stochastic depth.
///
/// @param norm1 over D, ε = 10⁻⁶
/// @param norm2 likewise
public record TransformerBlock(LayerNorm norm1, Attention attn, LayerNorm norm2, Perceptron mlp) implements Layer {

    /// Two linear layers with GELU between them.
    ///
    /// @param fc1 (E D, D), E times as wide
    /// @param fc2 (D, E D)
    public record Perceptron(Linear fc1, Linear fc2) implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            return fc2.apply(fc1.apply(x, mode).gelu(), mode);
        }
    }

    /// E, the width of the hidden layer in units of D: 4 in every published size.
    private static final int EXPANSION = 4;

    /// Biases start at 0.
    public static TransformerBlock of(Init init, int width, int heads, Initializer weights) {
        Init mlp = init.at("mlp");
        return new TransformerBlock(norm(init.at("norm1"), width), Attention.of(init.at("attn"), width, heads, weights),
                norm(init.at("norm2"), width), new Perceptron(
                        Linear.of(mlp.at("fc1"), width, EXPANSION * width, true, weights),
                        Linear.of(mlp.at("fc2"), EXPANSION * width, width, true, weights)));
    }

    /// Layer norm as vision transformers have it, with ε = 10⁻⁶.
    static LayerNorm norm(Init init, int width) {
        LayerNorm norm = LayerNorm.of(init, width);
        return new LayerNorm(norm.weight(), norm.bias(), 1e-6);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor z = x.add(attn.apply(norm1.apply(x, mode), mode));
        return z.add(mlp.apply(norm2.apply(z, mode), mode));
    }
}
