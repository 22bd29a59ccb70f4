package invar.ssl.cli;

import invar.core.Device;
import invar.ssl.UserError;
import invar.ssl.data.Split;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.tune.FineTune;
import invar.ssl.tune.FineTuning;
import invar.ssl.tune.Pretraining;
import invar.ssl.tune.Tuning;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl finetune`: a classifier from a pretrained encoder and few labels.
@Command(name = "finetune", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Trains a classifier, encoder and all, on the images that have labels, starting from the weights "
                + "of a run of ssl train; measures it on held-out images (SimCLR v2, arXiv:2006.10029, Sec. 2).",
        footer = {"", "Examples:",
            "  ssl finetune runs/simclr-emoji32 --labels 0.1 --from-scratch",
            "  ssl finetune runs/simclrv2-shapes --labels 0.01 --from-head 1 --optimizer lars",
            "  ssl finetune runs/simclr-emoji32 --labels 1 --epochs 20 --out runs/fine",
            "  ssl finetune --resume runs/fine"})
final class FineTuneCommand implements Callable<Integer> {

    /// Where the network that starts at random has its run, below that of the pretrained one.
    private static final String TWIN = "scratch";
    private static final int BATCH = 64;
    /// Share of labels below which training is longer (Chen et al. 2020: 60 epochs with 1 %, 30 with more).
    private static final double FEW = 0.05;
    /// For a batch of 256: eight times that of SimCLR (arXiv:2002.05709, App. B), whose 0.05 is for ten thousands of
    /// steps, where small images and few labels give some hundreds.
    private static final double RATE = 0.4;
    /// Times the root of the batch: 0.16 for 1024 (Chen et al. 2020, arXiv:2006.10029).
    private static final double LARS_RATE = 0.005;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN", arity = "0..1", description = "The folder of a run of ssl train.")
    private Path run;

    @Option(names = "--labels", paramLabel = "SHARE", defaultValue = "0.1", description = "Of each class, the share of "
            + "the training images whose labels are used, at least one image: 0.01, 0.1, 1, … "
            + "(default: ${DEFAULT-VALUE}).")
    private double labels;

    @Option(names = "--from-head", paramLabel = "K", description = "Layers of the projection head that are kept: 0 for "
            + "the encoder alone, 1 for what comes after the first layer and its ReLU (default: 1 if the method has a "
            + "head, 0 with all labels).")
    private Integer fromHead;

    @Option(names = "--classifier-rate", paramLabel = "FACTOR", defaultValue = "1",
            description = "The new classifier's learning rate as a multiple of --lr (default: ${DEFAULT-VALUE}).")
    private double classifierRate;

    @Option(names = "--from-scratch", description = "Afterwards also trains the same network from random weights, in "
            + "the folder scratch of the run, to show the gain.")
    private boolean fromScratch;

    @Mixin
    private TuningOptions options;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() throws IOException {
        options.check(spec);
        boolean resuming = options.resume != null;
        if (!resuming && run == null) throw new UserError("ssl finetune needs the folder of a run of ssl train.");
        RunFolder earlier = resuming ? RunFolder.existing(options.resume) : null;
        Pretraining from = resuming ? null : Pretraining.of(run);
        try (Device opened = device.open()) {
            TrainConfig config = resuming ? FineTuning.load(earlier) : resolve(from, opened);
            RunFolder folder;
            Map<String, Double> results = new LinkedHashMap<>();
            try (Tuning tuning = options.choose(
                    FineTuning.prepare(config, opened, device.dataWorkers(), options.views.wish()))) {
                folder = resuming ? earlier : options.folder("finetune-" + run.toAbsolutePath().getFileName());
                if (!resuming) planTwin(folder, config);
                if (!run(tuning, folder, folder, results, opened)) return ExitCode.INTERRUPTED;
            }
            RunFolder twin = new RunFolder(folder.root().resolve(TWIN));
            if (!Files.exists(twin.config())) return ExitCode.OK;
            try (Tuning tuning = options.choose(
                    FineTuning.prepare(FineTuning.load(twin), opened, device.dataWorkers(), options.views.wish()))) {
                return run(tuning, twin, folder, results, opened) ? ExitCode.OK : ExitCode.INTERRUPTED;
            }
        }
    }

    /// Begins or continues.
    private boolean run(Tuning tuning, RunFolder folder, RunFolder root, Map<String, Double> results, Device opened)
            throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        TuningSession session = new TuningSession(FineTune.NAME, tuning, root.root(), results, opened);
        boolean done = Files.exists(folder.checkpoint()) ? session.resume(folder, options.quiet, console)
                : session.start(folder, options.quiet, console);
        if (done) results.put(tuning.title(), session.accuracy());
        return done;
    }

    /// Writes down, before the first of two runs begins, that there will be a second one; or that there will be none.
    private void planTwin(RunFolder folder, TrainConfig config) throws IOException {
        Path root = folder.root().resolve(TWIN);
        if (!fromScratch) {
            Files.deleteIfExists(new RunFolder(root).config());
            return;
        }
        FineTune.Config settings = settings(true, ((Number) config.settings().get("fromHead")).intValue());
        ConfigFile.save(config.withSettings(ConfigFile.values(settings)), RunFolder.create(root, true).config());
    }

    private TrainConfig resolve(Pretraining from, Device opened) {
        TrainConfig before = from.config();
        String data = options.data != null ? options.data : before.data();
        TrainConfig.Labels share = new TrainConfig.Labels(labels, TrainConfig.Labels.TENTH.batch());
        int layers = fromHead != null ? fromHead : labels < 1 ? Math.min(1, from.headLayers(opened)) : 0;
        int epochs = options.epochs != null ? options.epochs : labels < FEW ? 60 : 30;
        int batch = options.batch != null ? options.batch : BATCH;
        if (options.batch == null) {
            Split split = Pretraining.split(withData(before, data));
            batch = options.batch(BATCH, FineTuning.labelled(split, labels, options.seed).size(), before.encoder());
        }
        return new TrainConfig(FineTune.NAME, ConfigFile.values(settings(false, layers)), data, before.imageSize(),
                options.augment, share, before.encoder(), options.optimization(batch, RATE, LARS_RATE, 0, 0), batch,
                epochs, options.seed);
    }

    private FineTune.Config settings(boolean random, int layers) {
        return new FineTune.Config(run.toString(), layers, random, classifierRate);
    }

    private static TrainConfig withData(TrainConfig c, String data) {
        return new TrainConfig(c.method(), c.settings(), data, c.imageSize(), c.augment(), c.labels(), c.encoder(),
                c.optimization(), c.batch(), c.epochs(), c.seed());
    }
}
