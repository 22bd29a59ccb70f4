package invar.ssl.train;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.nn.io.Safetensors;
import invar.nn.io.Weights;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;

/// A trained encoder as a file: weights and running statistics under torchvision's names, and in the metadata what is needed
/// to build the network again and to feed it.
public final class EncoderFile {

    /// An encoder that was loaded, ready for images.
    ///
    /// @param network images to representations
    /// @param normalize what its images must be normalised by
    /// @param side size of its images in pixels
    /// @param data name or path of the data it was trained on
    public record Loaded(Layer network, Normalize normalize, int side, String data) {}

    private static final String FORMAT = "invar-encoder-1";

    private EncoderFile() {}

    /// Writes the file as a whole or not at all.
    public static void save(Path file, Layer encoder, TrainConfig config, Normalize normalize) throws IOException {
        Weights.save(file, Modules.state(encoder), Map.of(
                "format", FORMAT,
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

    /// Builds the network that the file describes and fills it.
    ///
    /// @throws UserError if it is not a file of [#save], or cannot be read
    public static Loaded load(Path file, Device device) {
        try {
            Map<String, String> metadata = Safetensors.read(file).metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new UserError("The file " + file + " holds no encoder of this program.");
            }
            TrainConfig.EncoderConfig config = new TrainConfig.EncoderConfig(
                    metadata.get("encoder"), Integer.parseInt(metadata.get("width")), metadata.get("stem"));
            Layer network = Encoders.make(config, device, 0).network();
            Weights.load(file, Modules.state(network));
            Normalize normalize = new Normalize(numbers(metadata.get("mean")), numbers(metadata.get("std")));
            return new Loaded(network, normalize, Integer.parseInt(metadata.get("image_size")), metadata.get("data"));
        } catch (NoSuchFileException e) {
            throw new UserError("There is no encoder file " + file + ".", e);
        } catch (IOException e) {
            throw new UserError("The encoder file " + file + " cannot be read: " + e.getMessage() + ".", e);
        } catch (NullPointerException | NumberFormatException e) {
            throw new UserError("The encoder file " + file + " does not say what network it holds.", e);
        }
    }

    private static List<Double> numbers(String text) {
        return Arrays.stream(text.split(" ")).map(Double::valueOf).toList();
    }

    private static String numbers(List<Double> values) {
        return values.get(0) + " " + values.get(1) + " " + values.get(2);
    }
}
