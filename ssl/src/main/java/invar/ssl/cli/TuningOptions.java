package invar.ssl.cli;

import invar.ssl.UserError;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.tune.Tuning;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// The options that `ssl finetune` and `ssl distill` share: how to train, and where the run is kept.
final class TuningOptions {

    @Option(names = "--data", paramLabel = "NAME|PATH",
            description = "Other data than before (default: those of the run or of the teacher).")
    String data;

    @Option(names = "--augment", paramLabel = "NAME", defaultValue = "crop-flip",
            description = "Recipe of augmentations, of which the first view is taken (default: ${DEFAULT-VALUE}).")
    String augment;

    @Option(names = "--optimizer", paramLabel = "NAME", defaultValue = "sgd",
            description = "sgd, lars, lars-simclr, adam or adamw (default: ${DEFAULT-VALUE}).")
    String optimizer;

    @Option(names = "--lr", paramLabel = "RATE", description = "Highest learning rate (default: grows with the batch; "
            + "for lars as published).")
    Double lr;

    @Option(names = "--weight-decay", paramLabel = "LAMBDA", description = "Of the weights (default: 0 to fine-tune, "
            + "1e-4 to distill).")
    Double weightDecay;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the images (default: 30 to fine-tune, "
            + "60 with less than 5 %% of the labels; 50 to distill).")
    Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Images a step (default: 64, or all if there are "
            + "fewer labelled ones).")
    Integer batch;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "Seed of the labels' choice, of weights, order and augmentation (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--out", paramLabel = "FOLDER", description = "The run's folder (default: a new one in runs/).")
    Path out;

    @Option(names = "--overwrite", description = "Replace the run in --out.")
    boolean overwrite;

    @Option(names = "--resume", paramLabel = "FOLDER",
            description = "Continue the run of this command in this folder where it stopped.")
    Path resume;

    @Mixin
    private GraphOption graph;

    @Mixin
    ViewsOption views;

    @Option(names = "--quiet", description = "No progress, only the result.")
    boolean quiet;

    /// Refuses what cannot be done before anything is loaded.
    void check(CommandSpec spec) {
        if (resume != null) {
            refuseChanges(spec);
            if (!Files.exists(RunFolder.existing(resume).checkpoint())) {
                throw new UserError("The run " + resume + " has no checkpoint to continue from.");
            }
        } else if (out != null) {
            RunFolder.check(out, overwrite);
        } else if (overwrite) {
            throw new UserError("--overwrite needs --out: without it, a run gets a new folder.");
        }
    }

    private static void refuseChanges(CommandSpec spec) {
        if (!spec.commandLine().getParseResult().matchedPositionals().isEmpty()) {
            throw new UserError("A resumed run keeps what it started from: nothing but its folder is given, behind "
                    + "--resume.");
        }
        RecordedRun.refuseChanges(spec);
    }

    /// Tells the run whether to replay its steps.
    Tuning choose(Tuning tuning) {
        tuning.trainer().replaying(graph.wanted());
        return tuning;
    }

    /// The folder of a new run.
    ///
    /// @param name of the folder in runs/, if none is given
    RunFolder folder(String name) {
        return out != null ? RunFolder.create(out, overwrite) : RunFolder.fresh(name);
    }

    /// Images a step: as given, or `most`, or all of them if there are fewer, whole parts of a split batch norm.
    int batch(int most, int images, TrainConfig.EncoderConfig encoder) {
        if (batch != null) return batch;
        int all = Math.min(most, images);
        return Math.max(encoder.parts(), all - all % encoder.parts());
    }

    /// Half a cosine down to 0 after the warm-up; Nesterov's momentum for sgd.
    ///
    /// @param perBatch rate of sgd, for a batch of 256
    /// @param perRoot  rate of lars, for a batch of 1: it grows with the root
    /// @param decay    where none is given
    /// @param warmup   epochs
    TrainConfig.Optimization optimization(int images, double perBatch, double perRoot, double decay, double warmup) {
        double usual = optimizer.startsWith("lars") ? perRoot * Math.sqrt(images)
                : optimizer.startsWith("adam") ? 1e-3 : perBatch * images / 256;
        return new TrainConfig.Optimization(optimizer, lr != null ? lr : usual, 0.9,
                weightDecay != null ? weightDecay : decay, optimizer.equals("sgd"), warmup);
    }
}
