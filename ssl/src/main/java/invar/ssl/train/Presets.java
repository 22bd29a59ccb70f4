package invar.ssl.train;

import java.util.Map;

/// The settings of a run where nobody says otherwise, by data.
public final class Presets {

    private Presets() {}

    /// The defaults for data of this name or path.
    public static TrainConfig forData(String data) {
        return data.equals("emoji32") || data.equals("emoji32-tones") ? emoji32(data) : small(data);
    }

    /// The two drawings of a glyph are its two views; small enough for five minutes on two cores. A batch of 128 learns
    /// more in that time than one of 256 or 512, which make fewer steps; with learning rates from 0.3 on, the first
    /// epochs are lost above the chance level.
    private static TrainConfig emoji32(String data) {
        return new TrainConfig("simclr", Map.of(), data, 32, "simclr-drawings",
                new TrainConfig.EncoderConfig("resnet10", 16, "small"),
                new TrainConfig.Optimization("sgd", 0.1, 0.9, 1e-4, false, 5), 128, 110, 0);
    }

    /// Photos of about 32 pixels: SimCLR's settings for CIFAR-10 (App. B.9: stem 3 × 3, no blur) on a narrow network.
    private static TrainConfig small(String data) {
        return new TrainConfig("simclr", Map.of("temperature", 0.5), data, 32, "simclr",
                new TrainConfig.EncoderConfig("resnet10", 32, "small"),
                new TrainConfig.Optimization("sgd", 0.12, 0.9, 5e-4, false, 1), 256, 20, 0);
    }
}
