package invar.ssl.cli;

import invar.core.Device;
import invar.core.spi.DeviceMemoryError;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.ChannelStatistics;
import invar.ssl.data.Datasets;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.Environment;
import invar.ssl.train.Feed;
import invar.ssl.train.HealthWarnings;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import invar.ssl.train.ViewPlace;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// One run of `ssl train`, from data to result: what is printed, and when what is saved.
final class TrainingSession implements AutoCloseable {


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
        this.evaluation = new Evaluation(split, config.imageSize(), normalize, EvalKnn.NEIGHBOURS, EvalKnn.TEMPERATURE,
                EvalKnn.BANK, device);
    }

    /// Loads the data and builds everything; all mistakes in settings and data are found here.
    ///
    /// @param replaying whether steps are replayed where the device can
    /// @param place     where views are to be made
    static TrainingSession prepare(TrainConfig config, Device device, int workers, boolean replaying,
            ViewPlace.Wish place) {
        Recipe recipe = Recipes.named(config.augment(), config.imageSize());
        Split split = Datasets.open(config.data(), Datasets.Options.DEFAULT.withSide(config.imageSize()));
        Normalize normalize = ChannelStatistics.of(split.train());
        Feed feed = Feed.of(config, split.train(), recipe.then(normalize), workers);
        try {
            Trainer trainer = new Trainer(config, feed, device, place);
            trainer.replaying(replaying);
            return new TrainingSession(config, device, split, normalize, trainer);
        } catch (RuntimeException | Error e) {
            feed.close();
            if (e instanceof DeviceMemoryError || !(e instanceof OutOfMemoryError full)) throw e;
            throw tooLarge(full, config);
        }
    }

    /// No room before the first step: the batch is not to blame, as no image has been through the network yet.
    static UserError tooLarge(OutOfMemoryError full, TrainConfig config) {
        String own = config.settings().entrySet().stream().filter(entry -> entry.getValue() instanceof Integer)
                .map(entry -> " or " + entry.getKey()).collect(Collectors.joining());
        return new UserError(String.format(Locale.ROOT, "There is no room for the network and what the method keeps: "
                + "this JVM may use %.1f GiB; make encoder.width (--width)%s smaller, or give it more, e.g. "
                + "SSL_JAVA_OPTS=-Xmx8g.", Runtime.getRuntime().maxMemory() / 0x1p30, own), full);
    }

    /// Trains from the beginning, saves and measures.
    ///
    /// @return false if it was interrupted
    boolean start(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        folder.begin(config, split);
        return run(folder, quiet, console);
    }

    /// Continues after the last checkpoint; of a finished run, only says that it is.
    ///
    /// @return false if it was interrupted
    boolean resume(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        folder.requireSameData(config, split);
        trainer.load(folder.checkpoint());
        if (trainer.stepsDone() == trainer.totalSteps() && Files.isRegularFile(folder.encoder())) {
            console.printf("The run %s is finished: all %d steps are done, and the encoder is in %s.%n", folder.root(),
                    trainer.totalSteps(), folder.encoder());
            return true;
        }
        return run(folder, quiet, console);
    }

    private boolean run(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        String program = ("ssl " + Version.number() + " " + Version.commit()).strip();
        Environment.save(folder.environment(), program, device, trainer.views(), Instant.now());
        HealthWarnings warnings = new HealthWarnings(config, trainer.totalSteps() / config.epochs(),
                Files.exists(folder.log()) ? Files.readString(folder.log()) : "");
        try (PrintWriter log = new PrintWriter(Files.newBufferedWriter(
                folder.log(), StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            Report report = new Report(console, log);
            introduce(report, folder);
            warnings.atStart().forEach(warning -> report.line("warning: %s", warning));
            RecordedRun training = new RecordedRun(trainer, config.epochs(), folder, report, warnings::after);
            if (!training.run("train --resume " + folder.root(), quiet)) return false;
            EncoderFile.save(folder.encoder(), trainer.encoder(), config, normalize);
            conclude(report, folder);
            return true;
        }
    }

    private void introduce(Report report, RunFolder folder) {
        report.line("%s on %s: %,d images to train on, %,d held out (%s)", config.method(), split.train().name(),
                split.train().size() * split.train().drawings(), split.test().size() * split.test().drawings(),
                split.rule());
        report.line("%s, width %d, %,d parameters; batch %d, %d epochs of %d steps; on %s; run folder %s",
                config.encoder().name(), config.encoder().width(), Modules.count(trainer.encoder()), config.batch(),
                config.epochs(), trainer.totalSteps() / config.epochs(), DeviceOption.describe(device), folder.root());
        report.line("views are made %s", trainer.views().description());
        if (trainer.stepsDone() > 0) {
            report.line("continuing after step %d of %d", trainer.stepsDone(), trainer.totalSteps());
        }
    }

    private void conclude(Report report, RunFolder folder) throws IOException {
        if (!evaluation.possible()) {
            report.line("no labels and no second drawings: nothing to measure; the encoder is in %s", folder.encoder());
            return;
        }
        Layer random = Encoders.make(config.encoder(), config.imageSize(), device, config.seed()).network();
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        rows.put("raw pixels", evaluation.ofPixels());
        rows.put("standardised pixels", evaluation.ofStandardisedPixels());
        rows.put("random encoder", evaluation.of(random));
        Map<String, Double> trained = new LinkedHashMap<>(evaluation.of(trainer.encoder()));
        trainer.method().classifier().ifPresent(classifier ->
                trained.put(Evaluation.CLASSIFIER, evaluation.accuracyOf(classifier)));
        rows.put("trained encoder", trained);
        report.table("held out: " + split.test().size() + " items", rows);
        ResultFile.save(folder.result(), rows);
        report.line("the encoder is in %s", folder.encoder());
    }

    @Override
    public void close() {
        trainer.close();
    }
}
