package invar.ssl.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.nn.io.Weights;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.ChannelStatistics;
import invar.ssl.data.Datasets;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.BatchLoader;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.Environment;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.MetricsFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;

/// One run of `ssl train`, from data to result: what is printed, and when what is saved.
final class TrainingSession implements AutoCloseable {

    private static final long SAVE_EVERY_NANOS = 60_000_000_000L;
    /// Neighbours and temperature of the vote (Caron et al. 2021, arXiv:2104.14294, App. F: k = 20, τ = 0.07).
    private static final int NEIGHBOURS = 20;
    private static final double TEMPERATURE = 0.07;
    /// At most so many training pictures vote, so that the measure costs seconds.
    private static final int BANK = 20_000;

    private final TrainConfig config;
    private final Device device;
    private final Split split;
    private final Evaluation evaluation;
    private final Normalize normalize;
    private final Trainer trainer;

    private TrainingSession(TrainConfig config, Device device, Split split, Normalize normalize, Trainer trainer) {
        this.config = config;
        this.device = device;
        this.split = split;
        this.normalize = normalize;
        this.trainer = trainer;
        this.evaluation = new Evaluation(split, config.imageSize(), normalize, NEIGHBOURS, TEMPERATURE, BANK, device);
    }

    /// Loads the data and builds everything; all mistakes in settings and data are found here.
    static TrainingSession prepare(TrainConfig config, Device device, int workers) {
        Split split = Datasets.open(config.data(), Datasets.Options.DEFAULT.withSide(config.imageSize()));
        Normalize normalize = ChannelStatistics.of(split.train());
        Recipe recipe = Recipes.named(config.augment(), config.imageSize()).then(normalize);
        BatchLoader loader = new BatchLoader(
                split.train(), recipe, config.imageSize(), config.batch(), config.epochs(), config.seed(), workers);
        return new TrainingSession(config, device, split, normalize, new Trainer(config, loader, device));
    }

    /// Trains, saves and measures.
    ///
    /// @return false if it was interrupted
    boolean run(RunFolder folder, boolean resume, boolean quiet, PrintWriter console) throws IOException {
        if (resume) trainer.load(folder.checkpoint());
        else ConfigFile.save(config, folder.config());
        Environment.save(folder.environment(), device, Instant.now());
        MetricsFile metrics = MetricsFile.open(folder, trainer.stepsDone());
        try (PrintWriter log = new PrintWriter(Files.newBufferedWriter(
                folder.log(), StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            Report report = new Report(console, log);
            introduce(report, folder, resume);
            if (!train(folder, metrics, report, quiet, console)) return false;
            EncoderFile.save(folder.encoder(), trainer.encoder(), config, normalize);
            conclude(report, folder);
            return true;
        }
    }

    private void introduce(Report report, RunFolder folder, boolean resume) {
        report.line("%s on %s: %,d images to train on, %,d held out (%s)", config.method(), split.train().name(),
                split.train().size() * split.train().drawings(), split.test().size() * split.test().drawings(), split.rule());
        report.line("%s, width %d, %,d parameters; batch %d, %d epochs of %d steps; on %s; run folder %s",
                config.encoder().name(), config.encoder().width(), Modules.count(trainer.encoder()), config.batch(),
                config.epochs(), trainer.totalSteps() / config.epochs(), device.name(), folder.root());
        if (resume) report.line("continuing after step %d of %d", trainer.stepsDone(), trainer.totalSteps());
    }

    private boolean train(RunFolder folder, MetricsFile metrics, Report report, boolean quiet, PrintWriter console)
            throws IOException {
        long[] saved = {System.nanoTime()};
        boolean complete;
        try (Interruption interruption = new Interruption();
                ProgressDisplay display = new ProgressDisplay(
                        report, config.epochs(), trainer.stepsDone(), trainer.totalSteps(), quiet)) {
            complete = trainer.run(interruption::requested, new Trainer.Listener() {
                @Override
                public void stepped(long step, double loss) {
                    display.stepped(step);
                }

                @Override
                public void epochDone(EpochMetrics epoch) {
                    display.epochDone(epoch);
                    try {
                        metrics.add(epoch);
                        if (System.nanoTime() - saved[0] > SAVE_EVERY_NANOS) {
                            trainer.save(folder.checkpoint());
                            saved[0] = System.nanoTime();
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
            trainer.save(folder.checkpoint());
            if (!complete) {
                report.line("interrupted after step %d of %d and saved; continue with: java -jar ssl.jar train --resume %s",
                        trainer.stepsDone(), trainer.totalSteps(), folder.root());
                console.flush();
            }
        }
        return complete;
    }

    private void conclude(Report report, RunFolder folder) throws IOException {
        if (!evaluation.possible()) {
            report.line("no labels and no second drawings: nothing to measure; the encoder is in %s", folder.encoder());
            return;
        }
        Layer random = Encoders.make(config.encoder(), device, config.seed()).network();
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        rows.put("raw pixels", evaluation.ofPixels());
        rows.put("standardised pixels", evaluation.ofStandardisedPixels());
        rows.put("random encoder", evaluation.of(random));
        rows.put("trained encoder", evaluation.of(trainer.encoder()));
        report.table("held out: " + split.test().size() + " items", rows);
        report.line("the encoder is in %s", folder.encoder());
    }

    @Override
    public void close() {
        trainer.close();
    }
}
