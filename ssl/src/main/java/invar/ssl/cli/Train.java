package invar.ssl.cli;

import invar.core.Device;
import invar.ssl.UserError;
import invar.ssl.data.Datasets;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Presets;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `ssl train`: trains an encoder without labels and says what it is worth.
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Trains an encoder without labels, and measures it before and after on held-out images. Without "
                + "options: SimCLR on the embedded emoji, the two drawings of an emoji being its two views.",
        footer = {"", "Examples:",
            "  ssl train",
            "  ssl train --data cifar-10-binary.tar.gz --epochs 20 --set temperature=0.2",
            "  ssl train --data photos/ --image-size 64 --out runs/photos",
            "  ssl train --resume runs/photos"})
final class Train implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "NAME|PATH",
            description = "emoji32, emoji32-tones, shapes, or a folder or file: CIFAR-10 (binary), MNIST-like idx, "
                    + "folders of images "
                    + "(default: " + Datasets.DEFAULT + ").")
    private String data;

    @Option(names = "--method", paramLabel = "NAME",
            description = "How to train (default: simclr); ssl methods lists them.")
    private String method;

    @Option(names = "--preset", paramLabel = "NAME", description = "Start from the settings of the method's paper, or "
            + "from those published for CIFAR-10: paper or cifar (default: settings that suit the data).")
    private String preset;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the data.")
    private Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Images a step.")
    private Integer batch;

    @Option(names = "--lr", paramLabel = "RATE", description = "Highest learning rate.")
    private Double lr;

    @Option(names = "--temperature", paramLabel = "TAU", description = "Temperature of the loss, > 0.")
    private Double temperature;

    @Option(names = "--encoder", paramLabel = "NAME", description = "resnet10, resnet18, resnet34, resnet50, …, or "
            + "vit-mini, vit-tiny, vit-small, vit-base.")
    private String encoder;

    @Option(names = "--width", paramLabel = "N", description = "Channels of the encoder's first stage, or of each "
            + "token.")
    private Integer width;

    @Option(names = "--stem", paramLabel = "NAME",
            description = "The encoder's first layers: cifar, small or imagenet; patch4 and so on for vit-….")
    private String stem;

    @Option(names = "--image-size", paramLabel = "PIXELS", description = "Side of the views.")
    private Integer imageSize;

    @Option(names = "--augment", paramLabel = "NAME",
            description = "Recipe of augmentations: simclr, byol, drawings, …")
    private String augment;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of weights, order and augmentation (default: 0).")
    private Long seed;

    @Option(names = "--config", paramLabel = "FILE", description = "Settings in YAML, as in a run's config.yaml.")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Changes one setting of config.yaml, e.g. "
            + "optimization.weightDecay=1e-6; repeatable.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Mixin
    private DeviceOption device;

    @Mixin
    private GraphOption graph;

    @Mixin
    private ViewsOption views;

    @Option(names = "--out", paramLabel = "FOLDER", description = "The run's folder (default: a new one in runs/).")
    private Path out;

    @Option(names = "--overwrite", description = "Replace the run in --out.")
    private boolean overwrite;

    @Option(names = "--resume", paramLabel = "RUN", description = "Continue the run in this folder where it stopped.")
    private Path resume;

    @Option(names = "--quiet", description = "No progress, only the result.")
    private boolean quiet;

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        boolean resuming = resume != null;
        if (resuming) refuseChanges();
        else if (out != null) RunFolder.check(out, overwrite);
        else if (overwrite) throw new UserError("--overwrite needs --out: without it, a run gets a new folder.");
        TrainConfig resolved = resuming ? ConfigFile.load(RunFolder.existing(resume).config()) : resolve();
        try (Device opened = device.open();
                TrainingSession session = TrainingSession.prepare(resolved, opened, device.dataWorkers(),
                        graph.wanted(), views.wish())) {
            boolean done = resuming ? session.resume(RunFolder.existing(resume), quiet, console)
                    : session.start(folder(resolved), quiet, console);
            return done ? ExitCode.OK : ExitCode.INTERRUPTED;
        }
    }

    private RunFolder folder(TrainConfig resolved) {
        return out != null ? RunFolder.create(out, overwrite) : RunFolder.fresh(resolved.method() + "-"
                + dataName(resolved));
    }

    private TrainConfig resolve() {
        Map<String, String> changes = new LinkedHashMap<>();
        put(changes, "data", data);
        put(changes, "method", method);
        put(changes, "epochs", epochs);
        put(changes, "batch", batch);
        put(changes, "optimization.lr", lr);
        put(changes, "settings.temperature", temperature);
        put(changes, "encoder.name", encoder);
        put(changes, "encoder.width", width);
        put(changes, "encoder.stem", stem);
        put(changes, "imageSize", imageSize);
        put(changes, "augment", augment);
        put(changes, "seed", seed);
        changes.putAll(settings);
        boolean named = settings.keySet().stream().anyMatch(key -> key.endsWith("warmupEpochs"));
        if (epochs != null && config == null && preset == null && !named) {
            put(changes, "optimization.warmupEpochs", warmupOf(epochs));
        }
        return ConfigFile.resolve(config, Optional.ofNullable(preset), changes);
    }

    /// The preset's warm-up, but no more than a fifth of a run that was made shorter.
    private double warmupOf(int epochs) {
        String of = data != null ? data : Datasets.DEFAULT;
        return Math.min(Presets.forData(of).optimization().warmupEpochs(), Math.max(0, epochs) / 5.0);
    }

    private static void put(Map<String, String> changes, String name, Object value) {
        if (value != null) changes.put(name, value.toString());
    }

    private void refuseChanges() {
        RecordedRun.refuseChanges(spec);
        if (!Files.exists(RunFolder.existing(resume).checkpoint())) {
            throw new UserError("The run " + resume + " has no checkpoint to continue from.");
        }
    }

    /// The last part of a path, without endings: for the name of a run's folder.
    private static String dataName(TrainConfig config) {
        Path name = Path.of(config.data()).getFileName();
        String text = name == null ? "data" : name.toString().replaceFirst("\\.(tar|gz|tgz|bin|zip).*$", "");
        return text.replaceAll("[^A-Za-z0-9._-]", "_");
    }
}
