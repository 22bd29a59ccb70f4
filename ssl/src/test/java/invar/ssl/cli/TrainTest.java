package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.cli.Cli.Result;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `ssl train` and what it leaves, from end to end.
@Timeout(60)
class TrainTest {

    @TempDir
    Path folder;

    private Path photos, run;
    private RunFolder files;

    @BeforeEach
    void makePhotos() throws IOException {
        photos = Cli.photos(folder.resolve("photos"), 12);
        run = folder.resolve("run");
        files = new RunFolder(run);
    }

    @Test
    void trainsMeasuresAndKeepsWhatItMade() throws IOException {
        Result result = Cli.train(photos, run);
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.OK);
        assertThat(result.line("simclr on photos: ")).contains(" images to train on, ", " held out (");
        assertThat(result.line("resnet10, width 1, ")).contains("batch 4, 2 epochs of ", "on reference",
                "run folder " + run);
        assertThat(result.line("views are made "))
                .isEqualTo("views are made on the host: the device reference has no kernel for them");
        assertThat(result.line("epoch 1/2")).contains("loss ", "(chance 1.946)", "images/s", "eta ");
        assertThat(result.line("epoch 2/2")).endsWith("eta 0:00");
        assertThat(result.line("held out: ")).endsWith("kNN-20");
        for (String row : List.of("raw pixels", "standardised pixels", "random encoder", "trained encoder")) {
            assertThat(result.line(row)).matches(row + " +[01][.]\\d{3}");
        }
        assertThat(result.out()).endsWith("the encoder is in " + files.encoder() + "\n").doesNotContain("\u001B", "\r");
        assertThat(names(run)).containsExactly("checkpoints", "config.yaml", "data.tsv", "encoder.safetensors",
                "environment.json", "metrics.csv", "metrics.jsonl", "result.csv", "train.log");
        List<String> values = Files.readAllLines(files.result());
        assertThat(values.getFirst()).isEqualTo("representation,measure,value");
        String trained = values.stream().filter(row -> row.startsWith("trained encoder,kNN-20,")).findFirst()
                .orElseThrow();
        double knn = Double.parseDouble(trained.substring(trained.lastIndexOf(',') + 1));
        assertThat(result.line("trained encoder")).endsWith(String.format(Locale.ROOT, "%.3f", knn));
        assertThat(names(run.resolve("checkpoints"))).containsExactly("last.safetensors");
        assertThat(files.log()).hasContent(result.out());
        assertThat(files.data()).content().contains("across\tacross/00.png", "down\tdown/11.png").hasLineCount(25);
    }

    @Test
    void storesSettingsEnvironmentAndMetrics() throws IOException {
        Cli.train(photos, run, "--seed", "5");
        TrainConfig config = ConfigFile.load(files.config());
        assertThat(config.data()).isEqualTo(photos.toString());
        assertThat(config.seed()).isEqualTo(5);
        assertThat(config.batch()).isEqualTo(4);
        assertThat(config.encoder().width()).isEqualTo(1);
        assertThat(config.settings()).containsEntry("hidden", 5).containsEntry("projection", 3)
                .containsKey("temperature");
        JsonNode environment = new JsonMapper().readTree(Files.readString(files.environment()));
        assertThat(environment.get("program").asString()).startsWith("ssl " + Version.number());
        assertThat(environment.get("java").asString()).isEqualTo(Runtime.version().toString());
        assertThat(environment.get("device").asString()).isEqualTo("reference");
        assertThat(environment.get("views").asString()).isEqualTo("on the host: the device reference has no kernel "
                + "for them");
        assertThat(environment.get("processors").asInt()).isPositive();
        assertThat(Files.readAllLines(files.metricsCsv())).hasSize(3);
        List<String> rows = Files.readAllLines(files.metricsJson());
        assertThat(rows).hasSize(2);
        JsonNode last = new JsonMapper().readTree(rows.get(1));
        assertThat(last.get("epoch").asInt()).isEqualTo(2);
        assertThat(last.get("loss").asDouble()).isBetween(0.1, 10.0);
    }

    @Test
    void evaluatesToTheNumbersThatTrainingPrinted() {
        Result training = Cli.train(photos, run);
        String expected = number(training.line("trained encoder"));
        for (Path place : List.of(run, files.encoder())) {
            Result result = Cli.run("eval", "knn", place.toString(), "--device", "reference");
            assertThat(result.code()).as(result.err()).isZero();
            assertThat(number(result.line(files.encoder().toString()))).isEqualTo(expected);
        }
    }

    @Test
    void hasTheSameLossesAndWeightsFromItsConfig() throws IOException {
        Cli.train(photos, run, "--seed", "3", "--temperature", "0.3");
        Path again = folder.resolve("again");
        Result result = Cli.run("train", "--config", files.config().toString(), "--device", "reference", "--threads",
                "3", "--no-graph", "--views", "host", "--out", again.toString());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.line("views are made ")).isEqualTo("views are made on the host: as asked for");
        assertThat(losses(again)).isEqualTo(losses(run)).hasSize(2);
        assertThat(new RunFolder(again).encoder()).hasSameBinaryContentAs(files.encoder());
        assertThat(new RunFolder(again).checkpoint()).hasSameBinaryContentAs(files.checkpoint());
        Cli.run("train", "--config", files.config().toString(), "--device", "reference", "--set",
                "temperature=0.4", "--out", again.toString(), "--overwrite");
        assertThat(losses(again)).isNotEqualTo(losses(run)).hasSize(2);
    }

    @Test
    void shortensTheWarmUpWithTheRun() {
        Result result = Cli.run("train", "--data", photos.toString(), "--device", "reference", "--image-size", "8",
                "--width", "1", "--batch", "4", "--epochs", "1", "--set", "hidden=5", "--set", "projection=3", "--out",
                run.toString());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(ConfigFile.load(files.config()).optimization().warmupEpochs()).isEqualTo(0.2);
    }

    @Test
    void saysThatARunIsFinished() throws IOException {
        Cli.train(photos, run);
        byte[] before = Files.readAllBytes(files.metricsCsv());
        Result result = Cli.run("train", "--resume", run.toString(), "--device", "reference", "--no-graph",
                "--views", "host");
        assertThat(result).isEqualTo(new Result(ExitCode.OK, "The run " + run + " is finished: all 8 steps are "
                + "done, and the encoder is in " + files.encoder() + ".\n", ""));
        assertThat(files.metricsCsv()).hasBinaryContent(before);
    }

    @Test
    void measuresAFinishedRunThatWasNot() throws IOException {
        Result whole = Cli.train(photos, run);
        byte[] encoder = Files.readAllBytes(files.encoder());
        Files.delete(files.encoder());                           // as if it was stopped after its last step
        Result result = Cli.run("train", "--resume", run.toString(), "--device", "reference");
        assertThat(result.code()).isZero();
        assertThat(result.line("trained encoder")).isEqualTo(whole.line("trained encoder"));
        assertThat(result.out()).contains("continuing after step 8 of 8");
        assertThat(files.encoder()).hasBinaryContent(encoder);
        assertThat(Files.readAllLines(files.metricsCsv())).hasSize(3);
    }

    @Test
    void printsTheResultAloneIfQuiet() throws IOException {
        Result result = Cli.train(photos, run, "--quiet");
        assertThat(result.out()).doesNotContain("epoch 1/").contains("trained encoder");
        assertThat(files.log()).content().contains("epoch 1/2", "epoch 2/2", "trained encoder");
    }

    @Test
    void replacesARunIfAskedTo() throws IOException {
        Cli.train(photos, run);
        Result refused = Cli.train(photos, run);
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        Result result = Cli.train(photos, run, "--overwrite", "--seed", "8");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(ConfigFile.load(files.config()).seed()).isEqualTo(8);
        assertThat(losses(run)).hasSize(2);
        assertThat(files.log()).hasContent(result.out());
    }

    @Test
    void saysThatUnlabelledImagesCannotBeMeasured() throws IOException {
        Path flat = Files.createDirectory(folder.resolve("flat"));
        try (Stream<Path> images = Files.walk(photos)) {
            for (Path image : images.filter(Files::isRegularFile).toList()) {
                Files.copy(image, flat.resolve(image.getParent().getFileName() + "-" + image.getFileName()));
            }
        }
        Result result = Cli.train(flat, run);
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).endsWith("no labels and no second drawings: nothing to measure; the encoder is in "
                + files.encoder() + "\n");
        Result eval = Cli.run("eval", "knn", run.toString(), "--device", "reference");
        assertThat(eval.code()).isEqualTo(ExitCode.USAGE);
        assertThat(eval.err()).isEqualTo("ssl: The data flat has no labels and no second drawings: nothing can be "
                + "measured on it.\n");
        assertThat(Cli.run("eval", "knn", run.toString(), "--device", "reference", "--data", photos.toString()).code())
                .isZero();
    }

    /// A network small enough for a test, on ten thousand drawn images.
    @Test
    void trainsOnShapesOnTheCpu() {
        Result result = Cli.run("train", "--data", "shapes", "--device", "cpu", "--image-size", "8", "--width",
                "2", "--batch", "1000", "--epochs", "1", "--set", "hidden=8", "--out", run.toString());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("simclr on shapes: 10,000 images to train on, 2,000 held out");
        String trained = number(result.line("trained encoder"));
        assertThat(number(Cli.run("eval", "knn", run.toString(), "--device", "cpu").line(files.encoder().toString())))
                .isEqualTo(trained);
        assertThat(Double.parseDouble(trained)).isBetween(0.05, 1.0);
    }

    @Test
    void listsDevices() {
        Result result = Cli.run("devices");
        assertThat(result.code()).isZero();
        assertThat(result.out()).containsPattern("(?m)^cpu \\(auto\\) +\\d+ threads")
                .containsPattern("(?m)^reference +");
    }

    private static String number(String line) {
        return line.substring(line.lastIndexOf(' ') + 1);
    }

    static List<String> losses(Path run) throws IOException {
        return Files.readAllLines(new RunFolder(run).metricsCsv()).stream().skip(1)
                .map(row -> row.split(",")[2]).toList();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
