package invar.nn;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.List;
import java.util.stream.IntStream;

/// The vision transformer (Dosovitskiy et al., ICLR 2021, [arXiv:2010.11929](https://arxiv.org/abs/2010.11929), Eq. 1
/// to 4) up to its class token, with timm's parameter names and the settings of the official code of DINO
/// (facebookresearch/dino, vision_transformer.py).
/// ```
/// z₀ = [cls, patches(x)] + pos
/// zₗ = block(zₗ₋₁)
/// y  = norm(z_L), of the class token alone
/// ```
/// x (N, C, H, W), y (N, D). Images of another size than the one it was made for have their positions interpolated, by
/// a bicubic kernel as in the official code.
///
/// Weights of linear layers, class token and positions start normal with deviation 0.02; biases at 0.
///
/// Departures from the official code:
/// - it asks for a grid larger by 0.1, so that rounding never loses a row, which also shifts all places a little
///   (interpolate_pos_encoding); here the places are exact;
/// - no stochastic depth.
///
/// @param patchEmbed images to patches
/// @param clsToken   (1, 1, D)
/// @param posEmbed   (1, 1 + g², D): of the class token, then of a square of g × g patches, row by row
/// @param blocks     at least one
/// @param norm       over D, ε = 10⁻⁶
public record VisionTransformer(PatchEmbedding patchEmbed, Tensor clsToken, Tensor posEmbed,
        List<TransformerBlock> blocks, LayerNorm norm) implements Layer {

    /// `trunc_normal_(std=0.02)`, whose limits of ±2 are a hundred deviations away.
    public static final Initializer WEIGHTS = new Initializer.TruncatedNormal(0.02, 100);

    private static final int CHANNELS = 3;
    private static final int MOST_PATCHES = 1 << 16;

    /// What a network is made of.
    ///
    /// @param side  S, height and width of its images in pixels, at least a patch
    /// @param patch p, the side of a patch in pixels
    /// @param width D, features of a token; a multiple of the heads
    /// @param depth number of blocks
    /// @param heads of the attention
    public record Spec(int side, int patch, int width, int depth, int heads) {

        public Spec {
            if (patch < 1 || depth < 1 || heads < 1 || width < 1) {
                throw new IllegalArgumentException("patch, width, depth and heads of a vision transformer must be at "
                        + "least 1 but are " + patch + ", " + width + ", " + depth + " and " + heads);
            }
            if (side < patch) {
                throw new IllegalArgumentException(
                        "an image of " + side + " pixels is smaller than a patch of " + patch);
            }
            long patches = (long) (side / patch) * (side / patch);
            if (patches > MOST_PATCHES) {
                throw new IllegalArgumentException(
                        "an image may have " + MOST_PATCHES + " patches but has " + patches);
            }
            if (width % heads != 0) {
                throw new IllegalArgumentException("the width of a vision transformer must be a multiple of its "
                        + heads + " heads but is " + width);
            }
        }
    }

    public VisionTransformer {
        blocks = List.copyOf(blocks);
        if (blocks.isEmpty()) throw new IllegalArgumentException("a vision transformer needs at least one block");
        int d = norm.weight().dim(0), grid = grid(posEmbed);
        if (!clsToken.shape().equals(Shape.of(1, 1, d)) || !posEmbed.shape().equals(Shape.of(1, 1 + grid * grid, d))) {
            throw new IllegalArgumentException("class token and positions are (1, 1, " + d + ") and (1, 1 + g², " + d
                    + "), not " + clsToken.shape() + " and " + posEmbed.shape());
        }
    }

    /// A fresh network.
    public static VisionTransformer of(Init init, Spec spec) {
        int d = spec.width, grid = spec.side / spec.patch;
        Init blocks = init.at("blocks");
        return new VisionTransformer(
                PatchEmbedding.of(init.at("patch_embed"), CHANNELS, spec.patch, d),
                init.tensor("cls_token", WEIGHTS, Shape.of(1, 1, d)),
                init.tensor("pos_embed", WEIGHTS, Shape.of(1, 1 + grid * grid, d)),
                IntStream.range(0, spec.depth)
                        .mapToObj(i -> TransformerBlock.of(blocks.at(i), d, spec.heads, WEIGHTS)).toList(),
                TransformerBlock.norm(init.at("norm"), d));
    }

    /// D, the width of the output.
    public int features() {
        return norm.weight().dim(0);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor patches = patchEmbed.apply(x, mode);                                          // (N, h w, D)
        int n = x.dim(0), d = features(), p = patchEmbed.patch();
        Tensor z = clsToken.broadcastTo(Shape.of(n, 1, d)).concat(1, patches)
                .add(positions(x.dim(2) / p, x.dim(3) / p));                                 // (N, 1 + h w, D)
        for (TransformerBlock block : blocks) z = block.apply(z, mode);
        return norm.apply(z.slice(1, 0, 1).reshape(n, d), mode);                             // (N, D)
    }

    /// The positions of a grid of patches (height, width): (1, 1 + height · width, D).
    Tensor positions(int height, int width) {
        int grid = grid(posEmbed), d = features();
        if (height == grid && width == grid) return posEmbed;
        Tensor resize = posEmbed.device().constant(new Resize(grid, height, width), () -> posEmbed.device().tensor(
                Shape.of(height * width, grid * grid), Bicubic.matrix(grid, height, width)));
        Tensor resized = resize.matmul(posEmbed.slice(1, 1, 1 + grid * grid).reshape(grid * grid, d));
        return posEmbed.slice(1, 0, 1).concat(1, resized.reshape(1, height * width, d));
    }

    /// The weights of an interpolation from (grid, grid) to (height, width).
    private record Resize(int grid, int height, int width) {}

    /// g, the side of the square of patches.
    private static int grid(Tensor positions) {
        return (int) Math.round(Math.sqrt(positions.dim(1) - 1));
    }
}
