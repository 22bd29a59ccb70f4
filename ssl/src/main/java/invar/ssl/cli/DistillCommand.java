package invar.ssl.cli;

import invar.core.Device;
import invar.ssl.UserError;
import invar.ssl.data.Datasets;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.tune.ClassifierFile;
import invar.ssl.tune.Distill;
import invar.ssl.tune.Distilling;
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

/// `ssl distill`: a student learns from a fine-tuned teacher and images without labels.
@Command(name = "distill", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Trains a student to answer as a fine-tuned classifier does, on images whose labels are not "
                + "looked at; measures both on held-out images (SimCLR v2, arXiv:2006.10029, Sec. 2). The student is "
                + "named by one of --self, --student, or --encoder and --width.",
        footer = {"", "Examples:",
            "  ssl distill runs/finetune-simclr-emoji32 --self",
            "  ssl distill runs/fine/classifier.safetensors --width 8 --epochs 100",
            "  ssl distill runs/fine --student runs/small --alpha 0.5 --labels 0.1",
            "  ssl distill --resume runs/distill-fine"})
final class DistillCommand implements Callable<Integer> {

    private static final int BATCH = 64, EPOCHS = 50;
    /// For a batch of 256, as for pretraining on small images, [invar.ssl.train.Presets].
    private static final double RATE = 0.1;
    /// As for pretraining (Chen et al. 2020, arXiv:2006.10029): 0.1 times the root of the batch, weight decay, a
    /// twentieth of the epochs as warm-up. There are 400 epochs in the paper.
    private static final double LARS_RATE = 0.1, DECAY = 1e-4, WARMUP = 0.05;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEACHER", arity = "0..1",
            description = "The folder of a run of ssl finetune or ssl distill, or its classifier.safetensors.")
    private Path teacher;

    @Option(names = "--self", description = "The student has the teacher's encoder and starts from the weights of the "
            + "run of ssl train from which the teacher was fine-tuned.")
    private boolean self;

    @Option(names = "--student", paramLabel = "RUN",
            description = "The student starts from the encoder of this run of ssl train.")
    private Path student;

    @Option(names = "--encoder", paramLabel = "NAME", description = "The student starts at random: resnet10, …; what "
            + "is not given is as in the teacher.")
    private String encoder;

    @Option(names = "--width", paramLabel = "N", description = "Width of a student that starts at random.")
    private Integer width;

    @Option(names = "--stem", paramLabel = "NAME", description = "Stem of a student that starts at random.")
    private String stem;

    @Option(names = "--temperature", paramLabel = "TAU", description = "Temperature of the probabilities, > 0 "
            + "(default: 0.1 with --self, else 1).")
    private Double temperature;

    @Option(names = "--alpha", paramLabel = "ALPHA", defaultValue = "1", description = "Weight of the images without "
            + "labels; 1 - ALPHA is that of the labels (default: ${DEFAULT-VALUE}).")
    private double alpha;

    @Option(names = "--labels", paramLabel = "SHARE", description = "Of each class, the share of the images whose "
            + "labels are used with --alpha below 1 (default: 0.1).")
    private Double labels;

    @Mixin
    private TuningOptions options;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() throws IOException {
        options.check(spec);
        boolean resuming = options.resume != null;
        if (!resuming) checkStudent();
        RunFolder earlier = resuming ? RunFolder.existing(options.resume) : null;
        TrainConfig config = resuming ? Distilling.load(earlier) : resolve();
        PrintWriter console = spec.commandLine().getOut();
        try (Device opened = device.open()) {
            ClassifierFile.Loaded taught = Distilling.teacher(config, opened);
            try (Tuning tuning = options.choose(
                    Distilling.prepare(config, taught, opened, device.dataWorkers(), options.views.wish()))) {
                RunFolder folder = resuming ? earlier : options.folder("distill-" + name());
                Map<String, Double> others = new LinkedHashMap<>();
                TuningSession session = new TuningSession(Distill.NAME, tuning, folder.root(), others, opened);
                if (tuning.measurable()) others.put("teacher", session.accuracy(taught.network()));
                boolean done = resuming ? session.resume(folder, options.quiet, console)
                        : session.start(folder, options.quiet, console);
                return done ? ExitCode.OK : ExitCode.INTERRUPTED;
            }
        }
    }

    private void checkStudent() {
        if (teacher == null) {
            throw new UserError("ssl distill needs a teacher: a run of ssl finetune, or its classifier.");
        }
        boolean random = encoder != null || width != null || stem != null;
        int ways = (self ? 1 : 0) + (student != null ? 1 : 0) + (random ? 1 : 0);
        if (ways != 1) {
            throw new UserError("The student is named by one of --self, --student RUN, or --encoder, --width and "
                    + "--stem, but " + (ways == 0 ? "none" : "more than one") + " is given.");
        }
        if (labels != null && alpha == 1) {
            throw new UserError("--labels needs --alpha below 1: with 1, labels count for nothing.");
        }
    }

    /// The last part of the teacher's path: for the name of a run's folder.
    private String name() {
        Path folder = Files.isDirectory(teacher) ? teacher : teacher.toAbsolutePath().getParent();
        return String.valueOf(folder.toAbsolutePath().getFileName());
    }

    private TrainConfig resolve() throws IOException {
        Path file = Files.isDirectory(teacher) ? RunFolder.existing(teacher).classifier() : teacher;
        ClassifierFile.About taught = ClassifierFile.about(file);
        Path from = self ? runOf(taught, file) : student;
        TrainConfig.EncoderConfig network = from != null ? ConfigFile.load(RunFolder.existing(from).config()).encoder()
                : changed(taught.pretraining().config().encoder());
        Distill.Config settings = new Distill.Config(file.toString(), from == null ? "" : from.toString(),
                temperature != null ? temperature : self ? 0.1 : 1, alpha);
        String data = options.data != null ? options.data : taught.data();
        int batch = options.batch != null ? options.batch : options.batch(BATCH, Datasets.open(data,
                Datasets.Options.DEFAULT.withSide(taught.side())).train().perDrawing().size(), network);
        int epochs = options.epochs != null ? options.epochs : EPOCHS;
        TrainConfig config = new TrainConfig(Distill.NAME, ConfigFile.values(settings), data, taught.side(),
                options.augment, TrainConfig.Labels.TENTH, network,
                options.optimization(batch, RATE, LARS_RATE, DECAY, WARMUP * epochs), batch, epochs, options.seed);
        return alpha == 1 ? config : withLabels(config);
    }

    private TrainConfig withLabels(TrainConfig c) {
        double share = labels != null ? labels : TrainConfig.Labels.TENTH.fraction();
        int images = FineTuning.labelled(Pretraining.split(c), share, c.seed()).size();
        int parts = c.encoder().parts(), batch = Math.min(images, c.batch());
        return new TrainConfig(c.method(), c.settings(), c.data(), c.imageSize(), c.augment(),
                new TrainConfig.Labels(share, Math.max(parts, batch - batch % parts)), c.encoder(), c.optimization(),
                c.batch(), c.epochs(), c.seed());
    }

    private static Path runOf(ClassifierFile.About taught, Path file) {
        String run = taught.pretraining().run();
        if (run.isEmpty()) {
            throw new UserError("--self needs a teacher that was made from a run of ssl train, but " + file
                    + " started at random.");
        }
        return Path.of(run);
    }

    private TrainConfig.EncoderConfig changed(TrainConfig.EncoderConfig c) {
        return new TrainConfig.EncoderConfig(encoder != null ? encoder : c.name(), width != null ? width : c.width(),
                stem != null ? stem : c.stem(), c.norm(), c.zeroInit());
    }
}
