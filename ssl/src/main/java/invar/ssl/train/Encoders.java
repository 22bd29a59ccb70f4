package invar.ssl.train;

import invar.core.Device;
import invar.nn.BatchNorm;
import invar.nn.GroupNorm;
import invar.nn.Layer;
import invar.nn.Norm;
import invar.nn.ResNet;
import invar.nn.SplitBatchNorm;
import invar.nn.VisionTransformer;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.UserError;
import java.util.Locale;

/// Makes encoders from their settings.
public final class Encoders {

    /// @param network images to representations
    /// @param features F, the width of a representation
    public record Encoder(Layer network, int features) {}

    private Encoders() {}

    /// The side in pixels of the images of [#make] where none is given.
    private static final int SIDE = 32;

    /// A freshly initialised encoder for images of 32 pixels, or of any size if it is a residual network.
    ///
    /// @throws UserError if there is no such network
    public static Encoder make(TrainConfig.EncoderConfig config, Device device, long seed) {
        return make(config, SIDE, device, seed);
    }

    /// A freshly initialised encoder.
    ///
    /// @param side of its images in pixels; only vision transformers, which have a vector for each place, depend on it
    /// @throws UserError if there is no such network
    public static Encoder make(TrainConfig.EncoderConfig config, int side, Device device, long seed) {
        Init init = new Init(device, seed).at("encoder");
        if (config.name().startsWith("vit-")) {
            VisionTransformer network = VisionTransformer.of(init, transformer(config, side));
            return new Encoder(network, network.features());
        }
        ResNet network = ResNet.of(init, spec(config));
        return new Encoder(network, network.features());
    }

    /// Refuses a batch that makes, even of a single view, more numbers than a tensor has: in the attention of a vision
    /// transformer, which is over all pairs of tokens, or in the first feature maps of a residual network.
    ///
    /// @throws UserError if there is no such network, or the batch or the images are too large for it
    static void requireRoom(TrainConfig config) {
        TrainConfig.EncoderConfig encoder = config.encoder();
        int side = config.imageSize();
        if (encoder.name().startsWith("vit-")) {
            VisionTransformer.Spec spec = transformer(encoder, side);
            long patches = side / spec.patch(), tokens = patches * patches + 1;
            Setup.requireFits("batch × heads × tokens², with " + tokens + " tokens for encoder.stem " + encoder.stem()
                    + " and imageSize " + side + ",", config.batch(), spec.heads(), tokens, tokens);
        } else {
            int stride = spec(encoder).stem() == ResNet.Stem.CIFAR ? 1 : 2, maps = (side + stride - 1) / stride;
            Setup.requireFits("batch × encoder.width × " + (stride == 1 ? "imageSize²" : "(imageSize / 2)²"),
                    config.batch(), encoder.width(), maps, maps);
        }
    }

    /// Depth and heads by name: DeiT's tiny, small and base (Touvron et al. 2021, arXiv:2012.12877, Table 1), whose
    /// widths are 192, 384 and 768; `mini`, for small images on few cores, is this project's.
    private static VisionTransformer.Spec transformer(TrainConfig.EncoderConfig config, int side) {
        int depth = 12, heads;
        switch (config.name()) {
            case "vit-mini" -> {
                depth = 4;
                heads = 3;
            }
            case "vit-tiny" -> heads = 3;
            case "vit-small" -> heads = 6;
            case "vit-base" -> heads = 12;
            default -> throw unknown(config.name());
        }
        if (!config.stem().matches("patch[1-9]\\d{0,2}")) {
            throw new UserError("The stem of a vision transformer is patch4, patch8, patch16 and so on, by the side of "
                    + "its patches in pixels, and not '" + config.stem() + "'.");
        }
        try {
            return new VisionTransformer.Spec(side, Integer.parseInt(config.stem().substring(5)), config.width(), depth,
                    heads);
        } catch (IllegalArgumentException e) {
            throw new UserError("The encoder is not possible: " + e.getMessage() + ".", e);
        }
    }

    private static UserError unknown(String name) {
        return new UserError("There is no encoder '" + name + "'; there are resnet10, resnet18, resnet34, resnet50 and "
                + "more, and vit-mini, vit-tiny, vit-small and vit-base.");
    }

    private static ResNet.Spec spec(TrainConfig.EncoderConfig config) {
        String name = config.name();
        if (!name.matches("resnet\\d{1,3}")) throw unknown(name);
        Norm.Maker norm = norm(config.norm());
        try {
            ResNet.Stem stem = ResNet.Stem.valueOf(config.stem().toUpperCase(Locale.ROOT));
            return ResNet.Spec.ofDepth(Integer.parseInt(name.substring(6)), config.width(), stem)
                    .withZeroInitResidual(config.zeroInit()).withNorm(norm);
        } catch (IllegalArgumentException e) {
            boolean stem = e.getMessage().startsWith("No enum");
            throw new UserError(stem
                    ? "There is no stem '" + config.stem() + "'; there are imagenet, cifar and small."
                    : "The encoder is not possible: " + e.getMessage() + ".", e);
        }
    }

    private static Norm.Maker norm(String name) {
        if (name.matches("split[1-9]\\d{0,3}")) {            // as in EncoderConfig.parts
            int groups = Integer.parseInt(name.substring(5));
            return (init, channels) -> SplitBatchNorm.of(init, channels, groups);
        }
        return switch (name) {
            case "batch" -> BatchNorm::of;
            case "layer" -> (init, channels) -> GroupNorm.of(init, channels, 1);
            default -> throw new UserError("There is no norm '" + name
                    + "'; there are batch, layer, and split2, split8 and so on.");
        };
    }
}
