package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.DeviceOptions;
import invar.core.testkit.RecordingBackend;
import invar.nn.io.Safetensors;
import invar.ssl.cli.Cli.Result;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import invar.ssl.tune.Distilling;
import invar.ssl.tune.FineTuning;
import invar.ssl.tune.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `ssl finetune` and `ssl distill`, from a run of `ssl train` to a distilled student.
@Timeout(120)
class TuningTest {

    @TempDir
    static Path folder;

    private static Path photos, run, fine, distilled;
    private static Result fineTuned, student;

    @BeforeAll
    static void makeRuns() throws IOException {
        photos = Cli.photos(folder.resolve("photos"), 12);
        run = folder.resolve("run");
        fine = folder.resolve("fine");
        distilled = folder.resolve("distilled");
        assertThat(Cli.train(photos, run).code()).isZero();
        fineTuned = ssl("finetune", run, "--labels", "0.5", "--epochs", "3", "--batch", "4", "--from-scratch", "--out",
                fine.toString());
        student = ssl("distill", fine, "--width", "2", "--epochs", "2", "--batch", "4", "--out", distilled.toString());
    }

    private static Result ssl(String command, Path from, String... more) {
        List<String> args = new ArrayList<>(List.of(command, from.toString(), "--device", "reference"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(String[]::new));
    }

    @Test
    void fineTunesAndShowsTheGain() throws IOException {
        assertThat(fineTuned.code()).as(fineTuned.err()).isZero();
        assertThat(fineTuned.line("finetune on photos: ")).contains("8 images a pass, 2 classes, ");
        assertThat(fineTuned.line("fine-tuned: resnet10, width 1, 1 layers of the head, "))
                .contains("batch 4, 3 epochs of 2 steps");
        assertThat(fineTuned.line("epoch 3/3")).contains("(chance 0.693)");
        assertThat(fineTuned.line("held out: ")).endsWith("top-1");
        for (String row : List.of("most frequent class", "fine-tuned  ", "from scratch  ")) {
            assertThat(fineTuned.line(row)).matches(row + " *[01][.]\\d{3}");
        }
        RunFolder files = new RunFolder(fine), twin = new RunFolder(fine.resolve("scratch"));
        for (RunFolder of : List.of(files, twin)) {
            assertThat(List.of(of.config(), of.data(), of.environment(), of.metricsCsv(), of.log(), of.checkpoint(),
                    of.encoder(), of.classifier())).allMatch(Files::isRegularFile);
            assertThat(TrainTest.losses(of.root())).hasSize(3);
        }
        assertThat(TrainTest.losses(fine)).isNotEqualTo(TrainTest.losses(twin.root()));
        Result eval = ssl("eval", Path.of("knn"), fine.toString());
        assertThat(eval.code()).as(eval.err()).isZero();                         // the encoder is one like others
    }

    @Test
    void startsFromTheWeightsOfTheRun() throws IOException {
        Path whole = folder.resolve("whole");
        Result result = ssl("finetune", run, "--labels", "1", "--epochs", "1", "--lr", "1e-12", "--out",
                whole.toString(), "--quiet");
        assertThat(result.code()).as(result.err()).isZero();
        Safetensors after = Safetensors.read(new RunFolder(whole).classifier());
        Safetensors before = Safetensors.read(new RunFolder(run).checkpoint());
        assertThat(after.metadata()).containsEntry("head_layers", "0");         // with all labels
        double[] from = before.tensor("method.encoder.conv1.weight").doubles();
        assertThat(after.tensor("encoder.conv1.weight").doubles())
                .containsExactly(from, within(1e-6));
        Safetensors scratch = Safetensors.read(new RunFolder(fine.resolve("scratch")).classifier());
        assertThat(scratch.tensor("encoder.conv1.weight").doubles()).isNotEqualTo(from);
    }

    @Test
    void distilsIntoASmallerStudent() throws IOException {
        assertThat(student.code()).as(student.err()).isZero();
        assertThat(student.line("student: resnet10, width 2, 0 layers of the head, ")).contains("2 epochs of ");
        assertThat(student.line("teacher").replaceAll(".* ", ""))
                .isEqualTo(fineTuned.line("fine-tuned  ").replaceAll(".* ", ""));
        assertThat(student.line("student  ")).matches("student +[01][.]\\d{3}");
        assertThat(TrainTest.losses(distilled)).hasSize(2);
        Result again = ssl("distill", distilled, "--encoder", "resnet10", "--epochs", "1", "--batch", "4", "--out",
                folder.resolve("again").toString());
        assertThat(again.code()).as(again.err()).isZero();                      // a student may teach
        Result all = ssl("distill", fine, "--width", "1", "--epochs", "1", "--out", folder.resolve("all").toString());
        assertThat(all.code()).as(all.err()).isZero();                          // fewer images than the default batch
        assertThat(all.line("student: ")).contains("1 epochs of 1 steps");
    }

    @ParameterizedTest
    @CsvSource({"--self, 0.1", "--student, 1.0"})
    void distilsIntoAPretrainedStudent(String way, double temperature) throws IOException {
        Path out = folder.resolve("own" + way);
        List<String> more = new ArrayList<>(List.of(way));
        if (way.equals("--student")) more.add(run.toString());
        more.addAll(List.of("--epochs", "1", "--batch", "4", "--alpha", "0.5", "--labels", "0.3", "--out",
                out.toString()));
        Result result = ssl("distill", fine, more.toArray(String[]::new));
        assertThat(result.code()).as(result.err()).isZero();
        TrainConfig config = Distilling.load(new RunFolder(out));
        assertThat(config.settings()).containsEntry("temperature", temperature).containsEntry("student",
                run.toString()).containsEntry("alpha", 0.5);
        assertThat(config.labels().fraction()).isEqualTo(0.3);
    }

    /// Steps 2 and 4 end an epoch.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void continuesFineTuningWhereItStoppedBitForBit(int stop) throws IOException {
        TrainConfig config = FineTuning.load(new RunFolder(fine));
        Path file = folder.resolve("stopped" + stop);
        try (Device device = reference(); Tuning whole = FineTuning.prepare(config, device, 1);
                Tuning first = FineTuning.prepare(config, device, 1);
                Tuning second = FineTuning.prepare(config, device, 2)) {
            resumes(whole, first, second, stop, file);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void continuesDistillationWhereItStoppedBitForBit(int stop) throws IOException {
        TrainConfig config = Distilling.load(new RunFolder(distilled));
        Path file = folder.resolve("distilled" + stop);
        try (Device device = reference();
                Tuning whole = Distilling.prepare(config, Distilling.teacher(config, device), device, 1);
                Tuning first = Distilling.prepare(config, Distilling.teacher(config, device), device, 1);
                Tuning second = Distilling.prepare(config, Distilling.teacher(config, device), device, 2)) {
            resumes(whole, first, second, stop, file);
        }
    }

    private static void resumes(Tuning whole, Tuning first, Tuning second, int stop, Path file) throws IOException {
        List<Double> losses = train(whole.trainer(), whole.trainer().totalSteps());
        List<Double> parts = new ArrayList<>(train(first.trainer(), stop));
        first.trainer().save(file);
        second.trainer().load(file);
        parts.addAll(train(second.trainer(), whole.trainer().totalSteps()));
        assertThat(parts).hasSize((int) whole.trainer().totalSteps()).isEqualTo(losses);
        whole.save(file);
        byte[] expected = Files.readAllBytes(file);
        second.save(file);
        assertThat(file).hasBinaryContent(expected);
    }

    /// On a device that captures steps as a GPU does.
    @ParameterizedTest
    @ValueSource(strings = {"finetune", "distill"})
    void hasTheSameStepsWhenTheyAreReplayed(String command) throws IOException {
        RecordingBackend recording = new RecordingBackend(new ReferenceBackend());
        try (Device a = reference(); Device b = new Device("recording", recording);
                Tuning eager = prepare(command, a); Tuning replayed = prepare(command, b)) {
            long steps = eager.trainer().totalSteps();
            assertThat(train(replayed.trainer(), steps)).isEqualTo(train(eager.trainer(), steps));
            assertThat(recording.replayed()).isEqualTo((int) steps - 4).isPositive();
            Path one = folder.resolve(command + ".eager"), other = folder.resolve(command + ".replayed");
            eager.save(one);
            replayed.save(other);
            assertThat(other).hasSameBinaryContentAs(one);
        }
    }

    private static Tuning prepare(String command, Device device) throws IOException {
        if (command.equals("finetune")) return FineTuning.prepare(FineTuning.load(new RunFolder(fine)), device, 1);
        TrainConfig config = Distilling.load(new RunFolder(distilled));
        return Distilling.prepare(config, Distilling.teacher(config, device), device, 1);
    }

    private static List<Double> train(Trainer trainer, long steps) {
        List<Double> losses = new ArrayList<>();
        trainer.run(() -> trainer.stepsDone() == steps, new Trainer.Listener() {
            @Override
            public void stepped(long step, double loss) {
                losses.add(loss);
            }

            @Override
            public void epochDone(EpochMetrics metrics) {}
        });
        return losses;
    }

    private static Device reference() {
        return Device.open("reference", new DeviceOptions(1, 0));
    }

    @Test
    void saysThatARunIsFinishedAndGoesOnWithTheOther() throws IOException {
        Path begun = folder.resolve("begun");
        assertThat(ssl("finetune", run, "--labels", "0.5", "--epochs", "3", "--batch", "4", "--from-scratch", "--out",
                begun.toString(), "--quiet").code()).isZero();
        RunFolder twin = new RunFolder(begun.resolve("scratch"));
        byte[] classifier = Files.readAllBytes(twin.classifier());
        Files.delete(twin.classifier());                                        // as if stopped between the two runs
        Files.delete(twin.checkpoint());
        Result result = Cli.run("finetune", "--resume", begun.toString(), "--device", "reference", "--no-graph",
                "--views", "host");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).startsWith("The run " + begun + " is finished: all 6 steps are done, and the "
                + "classifier is in " + new RunFolder(begun).classifier() + ".\n");
        assertThat(result.out()).contains("\nviews are made on the host: as asked for\n");
        assertThat(result.line("fine-tuned  ")).isEqualTo(fineTuned.line("fine-tuned  "));
        assertThat(result.line("from scratch  ")).isEqualTo(fineTuned.line("from scratch  "));
        assertThat(twin.classifier()).hasBinaryContent(classifier);
        Result finished = Cli.run("distill", "--resume", distilled.toString(), "--device", "reference",
                "--no-graph");
        assertThat(finished.out()).startsWith("The run " + distilled + " is finished: ").hasLineCount(1);
    }

    /// With @ for the test's folder.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "finetune | ssl finetune needs the folder of a run of ssl train.",
        "finetune @/missing | There is no run folder @/missing.",
        "finetune @/photos | The folder @/photos holds no run: it has no config.yaml.",
        "finetune @/fine | The run @/fine is one of ssl finetune: a run of ssl train is needed, ",
        "finetune @/run --labels 0 | labels.fraction must be above 0 and at most 1 but is 0.0.",
        "finetune @/run --from-head 3 | The projection head of simclr has 2 layers here: --from-head must be 0 to",
        "finetune @/run --from-head -1 | fromHead must be at least 0 but is -1.",
        "finetune @/run --classifier-rate 0 | classifierRate must be a number > 0 but is 0.0.",
        "finetune @/run --augment magic | No augmentation recipe is called 'magic'; ",
        "finetune @/run --optimizer adam2 | There is no optimizer 'adam2'; ",
        "finetune @/run --lr 0 | optimization.lr must be a number > 0 but is 0.0.",
        "finetune @/run --batch 99 | The batch of 99 is larger than the data: there are ",
        "finetune @/run --out @/fine | The run folder @/fine is not empty: ",
        "finetune @/run --views device | Views cannot be made on the device (--views device): the device reference ",
        "finetune @/run --overwrite | --overwrite needs --out: ",
        "finetune --resume @/run | The run @/run is one of simclr, not of ssl finetune.",
        "finetune @/run --resume @/fine | A resumed run keeps what it started from: ",
        "finetune --resume @/fine --lr 1 | A resumed run keeps its settings: --lr cannot be given with --resume.",
        "finetune --resume @/distilled | The run @/distilled is one of distill, not of ssl finetune.",
        "distill | ssl distill needs a teacher: ",
        "distill @/fine | The student is named by one of --self, --student RUN, or --encoder, --width and --st",
        "distill @/fine --self --width 2 | The student is named by one of --self, --student RUN, or --encoder, --width",
        "distill @/run --self | there is no file or folder @/run/classifier.safetensors.",
        "distill @/run/encoder.safetensors --self | The file @/run/encoder.safetensors holds no classifier of this",
        "distill @/distilled --self | --self needs a teacher that was made from a run of ssl train, but ",
        "distill @/fine --width 2 --temperature 0 | temperature must be a number > 0 but is 0.0.",
        "distill @/fine --width 2 --alpha 1.5 | alpha must be above 0 and at most 1 but is 1.5.",
        "distill @/fine --width 2 --views device | Views cannot be made on the device (--views device): the device ",
        "distill @/fine --width 2 --labels 0.1 | --labels needs --alpha below 1: ",
        "distill @/fine --width 0 | encoder.width must be 1 to 1024 but is 0.",
        "distill @/fine --width 2 --epochs 0 | epochs must be at least 1 but is 0.",
        "distill --resume @/fine | The run @/fine is one of finetune, not of ssl distill."})
    void isToldWhatIsWrongBeforeWorkBegins(String command, String sentence) {
        List<String> args = new ArrayList<>(List.of(command.replace("@", folder.toString()).split(" ")));
        args.addAll(List.of("--device", "reference"));
        boolean elsewhere = command.contains("--out") || command.contains("--resume")
                || command.contains("--overwrite");
        if (!elsewhere) args.addAll(List.of("--out", folder.resolve("new").toString()));
        Result result = Cli.run(args.toArray(String[]::new));
        assertThat(result.err()).startsWith("ssl: " + sentence.replace("@", folder.toString())).hasLineCount(1)
                .endsWith(".\n").doesNotContain("\tat ", "Exception", "mistake in the program");
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("new")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"finetune", "distill", "eval linear"})
    void helpHasExamples(String command) {
        Result result = Cli.run((command + " --help").split(" "));
        assertThat(result.code()).isZero();
        assertThat(result.out()).startsWith("Usage: ssl " + command).contains("Examples:",
                "  ssl " + command + " runs/");
    }
}
