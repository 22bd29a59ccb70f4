package invar.ssl.cli;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Modules;
import invar.ssl.data.Dataset;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.Environment;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import invar.ssl.tune.Tuning;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One run of `ssl finetune` or `ssl distill`, from data to result: what is printed, and when what is saved.
final class TuningSession {

    private static final String MEASURE = "top-1";

    private final String command;
    private final Tuning tuning;
    private final Path root;
    private final Map<String, Double> others;
    private final Device device;
    private final TrainConfig config;
    private final Trainer trainer;

    /// @param root   what --resume has to name
    /// @param others accuracies to show beside this one's, by name; NaN for those that are not known
    TuningSession(String command, Tuning tuning, Path root, Map<String, Double> others, Device device) {
        this.command = command;
        this.tuning = tuning;
        this.root = root;
        this.others = others;
        this.device = device;
        this.config = tuning.config();
        this.trainer = tuning.trainer();
    }

    /// Trains from the beginning, saves and measures.
    ///
    /// @return false if it was interrupted
    boolean start(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        folder.begin(config, tuning.split());
        return run(folder, quiet, console);
    }

    /// Continues after the last checkpoint; of a finished run, only says that it is.
    ///
    /// @return false if it was interrupted
    boolean resume(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        folder.requireSameData(config, tuning.split());
        trainer.load(folder.checkpoint());
        if (trainer.stepsDone() == trainer.totalSteps() && Files.isRegularFile(folder.classifier())) {
            console.printf("The run %s is finished: all %d steps are done, and the classifier is in %s.%n",
                    folder.root(), trainer.totalSteps(), folder.classifier());
            return true;
        }
        return run(folder, quiet, console);
    }

    /// The share of held-out images that the network classifies rightly; NaN if their labels are not known.
    double accuracy() {
        return accuracy(tuning.network());
    }

    /// The same of another network for the same classes.
    double accuracy(Layer network) {
        if (!tuning.measurable()) return Double.NaN;
        return new Evaluation(tuning.split(), config.imageSize(), tuning.about().pretraining().normalize(),
                EvalKnn.NEIGHBOURS, EvalKnn.TEMPERATURE, EvalKnn.BANK, device).accuracyOf(network);
    }

    private boolean run(RunFolder folder, boolean quiet, PrintWriter console) throws IOException {
        String program = ("ssl " + Version.number() + " " + Version.commit()).strip();
        Environment.save(folder.environment(), program, device, trainer.views(), Instant.now());
        try (PrintWriter log = new PrintWriter(Files.newBufferedWriter(
                folder.log(), StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            Report report = new Report(console, log);
            introduce(report, folder);
            RecordedRun training = new RecordedRun(trainer, config.epochs(), folder, report, _ -> List.of());
            if (!training.run(command + " --resume " + root, quiet)) return false;
            EncoderFile.save(folder.encoder(), trainer.encoder(), config, tuning.about().pretraining().normalize());
            tuning.save(folder.classifier());
            conclude(report, folder);
            return true;
        }
    }

    private void introduce(Report report, RunFolder folder) {
        Split split = tuning.split();
        report.line("%s on %s: %,d images a pass, %d classes, %,d held out (%s)", command, split.train().name(),
                trainer.totalSteps() / config.epochs() * config.batch(), tuning.about().classes().size(),
                split.test().size() * split.test().drawings(), split.rule());
        report.line("%s: %s, width %d, %d layers of the head, %,d parameters; batch %d, %d epochs of %d steps; on %s; "
                        + "run folder %s", tuning.title(), config.encoder().name(), config.encoder().width(),
                tuning.network().headLayers(), Modules.count(tuning.network()), config.batch(), config.epochs(),
                trainer.totalSteps() / config.epochs(), DeviceOption.describe(device), folder.root());
        report.line("views are made %s", trainer.views().description());
        if (trainer.stepsDone() > 0) {
            report.line("continuing after step %d of %d", trainer.stepsDone(), trainer.totalSteps());
        }
    }

    private void conclude(Report report, RunFolder folder) {
        if (tuning.measurable()) {
            Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
            rows.put("most frequent class", Map.of(MEASURE, mostFrequent(tuning.split().test())));
            others.forEach((name, value) -> rows.put(name, Map.of(MEASURE, value)));
            rows.put(tuning.title(), Map.of(MEASURE, accuracy()));
            report.table("held out: " + tuning.split().test().size() + " items", rows);
        } else {
            report.line("the held-out images have no labels that the classifier knows: nothing to measure");
        }
        report.line("the classifier is in %s", folder.classifier());
    }

    /// The accuracy of always giving the same answer, the best one.
    private static double mostFrequent(Dataset data) {
        int[] count = new int[data.classes().size()];
        int most = 0;
        for (int i = 0; i < data.size(); i++) most = Math.max(most, ++count[data.label(i)]);
        return (double) most / data.size();
    }
}
