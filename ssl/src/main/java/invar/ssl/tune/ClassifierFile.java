package invar.ssl.tune;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.io.Safetensors;
import invar.nn.io.SafetensorsException;
import invar.nn.io.Weights;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// A classifier as a file: its weights and running statistics, and in the metadata what is needed to build the network
/// again, to feed it and to name its answers.
public final class ClassifierFile {

    /// What a classifier is, beside its weights.
    ///
    /// @param pretraining what its encoder and head are built like, and its images normalised by
    /// @param headLayers  K, how many layers of the projection head it has
    /// @param classes     names of the classes, in the order of the logits
    /// @param data        name or path of the data it was trained on
    public record About(Pretraining pretraining, int headLayers, List<String> classes, String data) {

        /// Copies the list.
        public About {
            classes = List.copyOf(classes);
        }

        /// Size of its images in pixels.
        public int side() {
            return pretraining.config().imageSize();
        }
    }

    /// A classifier that was loaded, ready for images.
    public record Loaded(TaskNetwork network, About about) {}

    private static final String FORMAT = "invar-classifier-1";

    private static final List<String> NEEDED = List.of("pretraining", "run", "images", "pretraining_classes",
            "total_steps", "head_layers", "mean", "std", "classes", "data");

    private ClassifierFile() {}

    /// Writes the file as a whole or not at all.
    public static void save(Path file, TaskNetwork network, About about) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();      // in this order, so that equal runs make equal files
        metadata.put("format", FORMAT);
        metadata.put("pretraining", ConfigFile.text(about.pretraining.config()));
        metadata.put("run", about.pretraining.run());
        metadata.put("images", Integer.toString(about.pretraining.images()));
        metadata.put("pretraining_classes", Integer.toString(about.pretraining.classes()));
        metadata.put("total_steps", Long.toString(about.pretraining.totalSteps()));
        metadata.put("head_layers", Integer.toString(about.headLayers));
        metadata.put("mean", numbers(about.pretraining.normalize().mean()));
        metadata.put("std", numbers(about.pretraining.normalize().std()));
        metadata.put("classes", String.join("\n", about.classes));
        metadata.put("data", about.data);
        Weights.save(file, Modules.state(network), metadata);
    }

    /// Builds the network that the file describes and fills it.
    ///
    /// @throws UserError if it is not a file of [#save], or cannot be read
    public static Loaded load(Path file, Device device) {
        try {
            About about = about(file);
            Init init = new Init(device, 0);
            TrainConfig config = about.pretraining.config();
            Encoders.Encoder encoder = Encoders.make(config.encoder(), config.imageSize(), device, 0);
            Layer network = encoder.network();
            Optional<Mlp> head = Optional.empty();
            if (about.headLayers > 0) {
                SslMethod method = about.pretraining.method(encoder.network(), encoder.features(), init);
                network = method.encoder();
                head = about.pretraining.head(method, about.headLayers);
            }
            TaskNetwork task = TaskNetwork.of(init, network, encoder.features(), head, about.classes.size());
            Weights.load(file, Modules.state(task));
            return new Loaded(task, about);
        } catch (NoSuchFileException e) {
            throw new UserError("There is no classifier file " + file + ".", e);
        } catch (SafetensorsException e) {
            throw new UserError("Not a classifier file: " + e.getMessage() + ".", e);     // the message names the file
        } catch (IOException e) {
            throw new UserError("The classifier file " + file + " cannot be read: " + e.getMessage() + ".", e);
        } catch (IllegalArgumentException e) {
            throw new UserError("The classifier file " + file + " is not valid: " + e.getMessage() + ".", e);
        }
    }

    /// What the file says of its classifier.
    ///
    /// @throws UserError if it is not a file of [#save]
    /// @throws IOException if it cannot be read
    public static About about(Path file) throws IOException {
        Map<String, String> metadata = Safetensors.read(file).metadata();
        if (!FORMAT.equals(metadata.get("format"))) {
            throw new UserError("The file " + file + " holds no classifier of this program.");
        }
        for (String key : NEEDED) {
            if (!metadata.containsKey(key)) {
                throw new UserError("The classifier file " + file + " does not name its " + key + ".");
            }
        }
        Pretraining pretraining = new Pretraining(metadata.get("run"),
                ConfigFile.parse(metadata.get("pretraining"), "the classifier file " + file),
                Integer.parseInt(metadata.get("images")), Integer.parseInt(metadata.get("pretraining_classes")),
                Long.parseLong(metadata.get("total_steps")),
                new Normalize(numbers(metadata.get("mean")), numbers(metadata.get("std"))));
        return new About(pretraining, Integer.parseInt(metadata.get("head_layers")),
                metadata.get("classes").lines().toList(), metadata.get("data"));
    }

    private static List<Double> numbers(String text) {
        return Arrays.stream(text.split(" ")).map(Double::valueOf).toList();
    }

    private static String numbers(List<Double> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
