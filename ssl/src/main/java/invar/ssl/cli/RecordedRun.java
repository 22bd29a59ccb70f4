package invar.ssl.cli;

import invar.ssl.UserError;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.MetricsFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Training that leaves a trace in its run folder: shows every step, adds a row of metrics after every epoch, warns
/// where it does not go well, and saves a checkpoint now and then and at the end.
final class RecordedRun {

    /// Options that change where and how a run is computed or shown, but not its settings: what --resume allows.
    private static final List<String> NEUTRAL = List.of("--resume", "--device", "--threads", "--precision",
            "--no-cublas", "--no-cudnn", GraphOption.NAME, ViewsOption.NAME, "--quiet", "--stacktrace");

    private static final long SAVE_EVERY_NANOS = 60_000_000_000L;

    private final Trainer trainer;
    private final int epochs;
    private final RunFolder folder;
    private final Report report;
    private final Function<EpochMetrics, List<String>> warnings;

    /// @param warnings what there is to say of an epoch that did not go well
    RecordedRun(Trainer trainer, int epochs, RunFolder folder, Report report,
            Function<EpochMetrics, List<String>> warnings) {
        this.trainer = trainer;
        this.epochs = epochs;
        this.folder = folder;
        this.report = report;
        this.warnings = warnings;
    }

    /// @throws UserError if options are given with --resume that would change the run's settings
    static void refuseChanges(CommandSpec spec) {
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (!NEUTRAL.contains(option.longestName())) {
                throw new UserError("A resumed run keeps its settings: " + option.longestName()
                        + " cannot be given with --resume.");
            }
        }
    }

    /// Goes on from where the trainer stands until it is done or somebody interrupts it.
    ///
    /// @param again how to continue after an interruption
    /// @return false if it was interrupted
    boolean run(String again, boolean quiet) throws IOException {
        MetricsFile metrics = MetricsFile.open(folder, trainer.stepsDone(), trainer.healthNames());
        try (Interruption interruption = new Interruption()) {
            try (ProgressDisplay display = new ProgressDisplay(
                    report, epochs, trainer.stepsDone(), trainer.totalSteps(), quiet)) {
                trainer.run(interruption::requested, new Saving(metrics, display));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            trainer.save(folder.checkpoint());
            if (!interruption.requested()) return true;
            report.line("interrupted after step %d of %d and saved; continue with: java -jar ssl.jar %s",
                    trainer.stepsDone(), trainer.totalSteps(), again);
            return false;
        }
    }

    private final class Saving implements Trainer.Listener {

        private final MetricsFile metrics;
        private final ProgressDisplay display;
        private long saved = System.nanoTime();

        Saving(MetricsFile metrics, ProgressDisplay display) {
            this.metrics = metrics;
            this.display = display;
        }

        @Override
        public void epochDone(EpochMetrics epoch) {
            display.epochDone(epoch);
            warnings.apply(epoch).forEach(display::warn);
            try {
                metrics.add(epoch);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void noticed(String sentence) {
            display.warn(sentence);
        }

        @Override
        public void stepped(long step, double loss) {
            display.stepped(step);
            if (System.nanoTime() - saved < SAVE_EVERY_NANOS) return;
            try {
                trainer.save(folder.checkpoint());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            saved = System.nanoTime();
        }
    }
}
