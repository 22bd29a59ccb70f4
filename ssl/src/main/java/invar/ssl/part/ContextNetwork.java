package invar.ssl.part;

import invar.core.ContractionOp;
import invar.core.MovementOp.Embed;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Conv2d;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The context of each place of a grid: a network that sees its row and those above, never one below (CPC v2, Hénaff et
/// al. 2020, [arXiv:1905.09272](https://arxiv.org/abs/1905.09272), `pixelCNN` of the pseudocode in the appendix).
/// ```
/// block(x) = x + C₁ₓ₁(relu(C₂ₓ₁(↓ C₁ₓ₃(relu(C₁ₓ₁(x))))))        ↓ a row of zeros on top, C₂ₓ₁ without padding
/// y = relu(block(… block(x)))
/// ```
/// Row r of a C₂ₓ₁(↓ …) is made of rows r − 1 and r, so with B blocks row r of y depends on rows r − B to r of x. Along
/// a row, 1 × 3 sees both neighbours.
///
/// x (N, F, H, W); y alike. Every convolution has a bias.
///
/// @param blocks at least one
public record ContextNetwork(List<Block> blocks) implements Layer {

    /// One residual block.
    ///
    /// @param narrow 1 × 1, F to C channels
    /// @param across 1 × 3 with a column of zeros on both sides, C to C
    /// @param down   2 × 1, C to C
    /// @param widen  1 × 1, C to F
    public record Block(Conv2d narrow, Conv2d across, Conv2d down, Conv2d widen) implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            Tensor c = narrow.apply(x, mode).relu();
            c = across.apply(c, mode);
            int rows = c.dim(2);
            c = Ops.run(new Embed(2, 1, rows + 1), c);                          // (N, C, H + 1, W)
            c = down.apply(c, mode).relu();                                     // (N, C, H, W)
            return x.add(widen.apply(c, mode));
        }
    }

    public ContextNetwork {
        blocks = List.copyOf(blocks);
        if (blocks.isEmpty()) throw new IllegalArgumentException("a context network needs at least one block");
    }

    /// A fresh network. Weights are normal with variance 1 / (C kh kw), cut off at two deviations, as in DeepMind's
    /// Sonnet; biases 0.
    ///
    /// @param features F
    /// @param width    C, channels inside of a block
    public static ContextNetwork of(Init init, int features, int width, int blocks) {
        return new ContextNetwork(IntStream.range(0, blocks).mapToObj(i -> {
            Init at = init.at("blocks").at(i);
            return new Block(
                    conv(at.at("narrow"), features, width, 1, 1), conv(at.at("across"), width, width, 1, 3),
                    conv(at.at("down"), width, width, 2, 1), conv(at.at("widen"), width, features, 1, 1));
        }).toList());
    }

    private static Conv2d conv(Init init, int in, int out, int height, int width) {
        Initializer weights = new Initializer.TruncatedNormal(1 / Math.sqrt((double) in * height * width), 2);
        return new Conv2d(init.tensor("weight", weights, Shape.of(out, in, height, width)),
                Optional.of(init.tensor("bias", Initializer.ZEROS, Shape.of(out))),
                new ContractionOp.Conv2d(1, 1, 0, width / 2, 1, 1, 1));
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor y = x;
        for (Block block : blocks) y = block.apply(y, mode);
        return y.relu();
    }
}
