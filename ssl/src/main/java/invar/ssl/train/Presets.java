package invar.ssl.train;

import java.util.Map;

/// The settings of a run where nobody says otherwise, by data.
public final class Presets {

    private Presets() {}

    /// The defaults for data of this name or path.
    public static TrainConfig forData(String data) {
        return switch (data) {
            case "emoji32" -> emoji32();
            case "shapes" -> small(data, "simclr", 20);
            default -> small(data, "simclr", 20);
        };
    }

    /// The two drawings of a glyph are its two views: small enough for five minutes on two cores.
    private static TrainConfig emoji32() {
        return new TrainConfig("simclr", Map.of(), "emoji32", 32, "drawings",
                new TrainConfig.EncoderConfig("resnet10", 16, "small"),
                new TrainConfig.Optimization("sgd", 0.5, 0.9, 1e-4, false, 5), 512, 100, 0);
    }

    /// Photos of about 32 pixels: SimCLR's settings for CIFAR-10 (App. B.9: stem 3 × 3, no blur) on a narrow network.
    private static TrainConfig small(String data, String augment, int epochs) {
        return new TrainConfig("simclr", Map.of("temperature", 0.5), data, 32, augment,
                new TrainConfig.EncoderConfig("resnet10", 32, "small"),
                new TrainConfig.Optimization("sgd", 0.12, 0.9, 5e-4, false, 1), 256, epochs, 0);
    }
}
