package invar.ssl.train;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.nn.io.Safetensors;
import invar.nn.io.SafetensorsException;
import invar.nn.io.Weights;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A trained encoder as a file: weights and running statistics under torchvision's names, or timm's if it is a vision
/// transformer, and in the metadata what is needed to build the network again and to feed it.
public final class EncoderFile {

    /// An encoder that was loaded, ready for images.
    ///
    /// @param network images to representations
    /// @param normalize what its images must be normalised by
    /// @param side size of its images in pixels
    /// @param data name or path of the data it was trained on
    /// @param encoder what the network is made from
    public record Loaded(Layer network, Normalize normalize, int side, String data,
            TrainConfig.EncoderConfig encoder) {}

    private static final String FORMAT = "invar-encoder-1";

    private static final List<String> NEEDED =
            List.of("encoder", "width", "stem", "image_size", "mean", "std", "data");

    private EncoderFile() {}

    /// Writes the file as a whole or not at all.
    public static void save(Path file, Layer encoder, TrainConfig config, Normalize normalize) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();      // in this order, so that equal runs make equal files
        metadata.put("format", FORMAT);
        metadata.put("encoder", config.encoder().name());
        metadata.put("width", Integer.toString(config.encoder().width()));
        metadata.put("stem", config.encoder().stem());
        metadata.put("norm", config.encoder().norm());
        metadata.put("image_size", Integer.toString(config.imageSize()));
        metadata.put("mean", numbers(normalize.mean()));
        metadata.put("std", numbers(normalize.std()));
        metadata.put("method", config.method());
        metadata.put("data", config.data());
        metadata.put("seed", Long.toString(config.seed()));
        Weights.save(file, Modules.state(encoder), metadata);
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
            for (String key : NEEDED) {
                if (!metadata.containsKey(key)) throw new UserError("The encoder file " + file + " does not name its "
                        + key + ".");
            }
            TrainConfig.EncoderConfig config = new TrainConfig.EncoderConfig(
                    metadata.get("encoder"), Integer.parseInt(metadata.get("width")), metadata.get("stem"),
                    metadata.getOrDefault("norm", "batch"), false);
            int side = Integer.parseInt(metadata.get("image_size"));
            Layer network = Encoders.make(config, side, device, 0).network();
            Weights.load(file, Modules.state(network));
            Normalize normalize = new Normalize(numbers(metadata.get("mean")), numbers(metadata.get("std")));
            return new Loaded(network, normalize, side, metadata.get("data"), config);
        } catch (NoSuchFileException e) {
            throw new UserError("There is no encoder file " + file + ".", e);
        } catch (SafetensorsException e) {
            throw new UserError("Not an encoder file: " + e.getMessage() + ".", e);       // the message names the file
        } catch (IOException e) {
            throw new UserError("The encoder file " + file + " cannot be read: " + e.getMessage() + ".", e);
        } catch (IllegalArgumentException e) {
            throw new UserError("The encoder file " + file + " is not valid: " + e.getMessage() + ".", e);
        }
    }

    private static List<Double> numbers(String text) {
        return Arrays.stream(text.split(" ")).map(Double::valueOf).toList();
    }

    private static String numbers(List<Double> values) {
        return values.get(0) + " " + values.get(1) + " " + values.get(2);
    }
}
