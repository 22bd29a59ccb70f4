package invar.ssl.tune;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.init.Init;
import invar.nn.io.Safetensors;
import invar.nn.io.Weights;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.data.ChannelStatistics;
import invar.ssl.data.Dataset;
import invar.ssl.data.Datasets;
import invar.ssl.data.Split;
import invar.ssl.method.Methods;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What the networks of a pretraining run were built for: enough to build them again, and to feed them.
///
/// @param run        its folder, as a text
/// @param config     its settings
/// @param images     n, how many images it trained on
/// @param classes    C of its data; 0 without labels
/// @param totalSteps of the whole run
/// @param normalize  what its images were normalised by
public record Pretraining(String run, TrainConfig config, int images, int classes, long totalSteps,
        Normalize normalize) {

    /// Of the run in this folder, whose data are opened to see how many classes they have.
    ///
    /// @throws UserError if there is none, or it has no checkpoint
    public static Pretraining of(Path folder) {
        RunFolder files = RunFolder.existing(folder);
        String method = ConfigFile.method(files.config());
        if (method.equals(FineTune.NAME) || method.equals(Distill.NAME)) {
            throw new UserError("The run " + folder + " is one of ssl " + method
                    + ": a run of ssl train is needed, whose encoder and head were trained without labels.");
        }
        TrainConfig config = ConfigFile.load(files.config());
        if (!Files.isRegularFile(files.checkpoint())) {
            throw new UserError("The run " + folder + " has no checkpoint to start from.");
        }
        Dataset data = split(config).train();
        try {
            Map<String, String> metadata = Safetensors.read(files.checkpoint()).metadata();
            return new Pretraining(folder.toString(), config, Integer.parseInt(metadata.getOrDefault("images", "")),
                    data.classes().size(), Long.parseLong(metadata.getOrDefault("total_steps", "")),
                    ChannelStatistics.of(data));
        } catch (NumberFormatException e) {
            throw new UserError("The checkpoint " + files.checkpoint() + " does not say what it was made for.", e);
        } catch (IOException e) {
            throw new UserError("The checkpoint " + files.checkpoint() + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /// The data of these settings.
    public static Split split(TrainConfig config) {
        return Datasets.open(config.data(), Datasets.Options.DEFAULT.withSide(config.imageSize()));
    }

    /// The method with fresh networks.
    ///
    /// @param encoder  like that of the run
    /// @param features width of its output
    public SslMethod method(Layer encoder, int features, Init init) {
        return Methods.named(config.method()).make(ConfigFile.settings(config), new Setup(encoder, features, images,
                classes, config.imageSize(), config.batch(), totalSteps / config.epochs(), totalSteps, init));
    }

    /// Overwrites the networks of `method`, which is one of [#method], with those of the run's checkpoint.
    ///
    /// @throws UserError if it cannot be read, or does not fit
    public void restore(SslMethod method) {
        Path file = new RunFolder(Path.of(run)).checkpoint();
        Map<String, Tensor> state = new LinkedHashMap<>();
        method.state().forEach((name, tensor) -> state.put("method." + name, tensor));
        try {
            Weights.load(file, state);
        } catch (IOException e) {
            throw new UserError("The checkpoint " + file + " cannot be read: " + e.getMessage() + ".", e);
        } catch (IllegalArgumentException e) {
            throw new UserError("The checkpoint does not fit its run: " + e.getMessage() + ".", e);
        }
    }

    /// How many layers the method's projection head has; 0 if it has none.
    public int headLayers(Device device) {
        Encoders.Encoder fresh = Encoders.make(config.encoder(), config.imageSize(), device, config.seed());
        return method(fresh.network(), fresh.features(), new Init(device, config.seed())).head()
                .map(head -> head.layers().size()).orElse(0);
    }

    /// The first `layers` layers of the method's projection head; empty for none.
    ///
    /// @throws UserError if it has not so many
    public Optional<Mlp> head(SslMethod method, int layers) {
        if (layers == 0) return Optional.empty();
        Mlp head = method.head().orElseThrow(() -> new UserError("The method " + config.method()
                + " has no projection head: --from-head must be 0 but is " + layers + "."));
        int all = head.layers().size();
        if (layers > all) {
            throw new UserError("The projection head of " + config.method() + " has " + all
                    + " layers here: --from-head must be 0 to " + all + " but is " + layers + ".");
        }
        return Optional.of(head.first(layers));
    }
}
