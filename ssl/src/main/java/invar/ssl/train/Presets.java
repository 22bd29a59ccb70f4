package invar.ssl.train;

import invar.ssl.UserError;
import invar.ssl.method.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The settings of a run where nobody says otherwise: by data, and by method.
///
/// The presets of a method are in a resource beside it, `invar/ssl/method/NAME.yaml`, each value with its source. There
/// are three: `paper`, of the publication; `cifar`, as published for CIFAR-10 by the authors or by a library that many
/// use; and `small`, which is laid over the settings of the data where no preset is named.
public final class Presets {

    /// The preset of the publication; what it leaves out of the method's settings is in the method's file.
    public static final String PAPER = "paper";

    /// Names that can be asked for.
    public static final List<String> NAMES = List.of(PAPER, "cifar");

    private static final String SMALL = "small";

    private Presets() {}

    /// The defaults for data of this name or path.
    public static TrainConfig forData(String data) {
        return switch (data) {
            case "emoji32", "emoji32-tones" -> emoji32(data);
            case "shapes" -> small(data, "simclr-shapes");
            default -> small(data, "simclr");
        };
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
    private static TrainConfig small(String data, String augment) {
        return new TrainConfig("simclr", Map.of("temperature", 0.5), data, 32, augment,
                new TrainConfig.EncoderConfig("resnet10", 32, "small"),
                new TrainConfig.Optimization("sgd", 0.12, 0.9, 5e-4, false, 1), 256, 20, 0);
    }

    /// What a method changes: of the named preset, or of the preset for small images, if the defaults of the data are
    /// for another method.
    ///
    /// @param base the defaults of the data
    /// @throws UserError if there is no such preset
    static Optional<ObjectNode> ofMethod(String method, Optional<String> preset, TrainConfig base) {
        if (preset.isEmpty() && method.equals(base.method())) return Optional.empty();
        String name = preset.orElse(SMALL);
        ObjectNode all = SettingsTree.parse(text(method), "the presets of " + method);
        if (all.get(name) instanceof ObjectNode own) return Optional.of(own);
        if (preset.isEmpty()) return Optional.empty();
        throw new UserError("There is no preset '" + name + "'; there are " + String.join(" and ", NAMES) + ".");
    }

    /// The resource of this method, with the sources of its values.
    ///
    /// @throws UserError if there is no such method
    public static String text(String method) {
        String name = Methods.named(method).name() + ".yaml";
        try (InputStream in = Methods.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("the resource " + name + " is missing");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
