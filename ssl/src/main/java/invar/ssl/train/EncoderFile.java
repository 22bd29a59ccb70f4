package invar.ssl.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.nn.io.Weights;
import invar.ssl.augment.Normalize;

/// A trained encoder as a file: weights and running statistics under torchvision's names, and in the metadata what is needed
/// to build the network again and to feed it.
public final class EncoderFile {

    /// An encoder that was loaded, ready for images.
    ///
    /// @param network images to representations
    /// @param normalize what its images must be normalised by
    /// @param side size of its images in pixels
    public record Loaded(Layer network, Normalize normalize, int side) {}

    private EncoderFile() {}

    /// Writes the file as a whole or not at all.
    public static void save(Path file, Layer encoder, TrainConfig config, Normalize normalize) throws IOException {
        Weights.save(file, Modules.state(encoder), Map.of(
                "format", "invar-encoder-1",
                "encoder", config.encoder().name(),
                "width", Integer.toString(config.encoder().width()),
                "stem", config.encoder().stem(),
                "image_size", Integer.toString(config.imageSize()),
                "mean", numbers(normalize.mean()),
                "std", numbers(normalize.std()),
                "method", config.method(),
                "data", config.data(),
                "seed", Long.toString(config.seed())));
    }

    private static String numbers(java.util.List<Double> values) {
        return values.get(0) + " " + values.get(1) + " " + values.get(2);
    }
}
