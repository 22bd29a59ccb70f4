package invar.ssl.train;

import invar.core.Device;
import invar.nn.BatchNorm;
import invar.nn.GroupNorm;
import invar.nn.Layer;
import invar.nn.Norm;
import invar.nn.ResNet;
import invar.nn.SplitBatchNorm;
import invar.nn.init.Init;
import invar.ssl.UserError;
import java.util.Locale;

/// Makes encoders from their settings.
public final class Encoders {

    /// @param network images to representations
    /// @param features F, the width of a representation
    public record Encoder(Layer network, int features) {}

    private Encoders() {}

    /// A freshly initialised encoder.
    ///
    /// @throws UserError if there is no such network
    public static Encoder make(TrainConfig.EncoderConfig config, Device device, long seed) {
        ResNet network = ResNet.of(new Init(device, seed).at("encoder"), spec(config));
        return new Encoder(network, network.features());
    }

    private static ResNet.Spec spec(TrainConfig.EncoderConfig config) {
        String name = config.name();
        if (!name.matches("resnet\\d{1,3}")) {
            throw new UserError("There is no encoder '" + name
                    + "'; there are resnet10, resnet18, resnet34, resnet50 and more.");
        }
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
        if (name.matches("split[1-9]\\d{0,3}")) {
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
