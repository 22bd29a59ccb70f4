package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.cli.Cli.Result;
import invar.ssl.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class EvalLinearTest {

    @TempDir
    static Path folder;

    private static Path run;

    @BeforeAll
    static void makeARun() throws IOException {
        run = folder.resolve("run");
        assertThat(Cli.train(Cli.photos(folder.resolve("photos"), 12), run).code()).isZero();
    }

    private static Result eval(String... more) {
        String[] args = new String[more.length + 5];
        System.arraycopy(new String[] {"eval", "linear", run.toString(), "--device", "reference"}, 0, args, 0, 5);
        System.arraycopy(more, 0, args, 5, more.length);
        return Cli.run(args);
    }

    @Test
    void measuresPixelsARandomEncoderAndTheTrainedOne() throws IOException {
        Path file = new RunFolder(run).encoder();
        byte[] before = Files.readAllBytes(file);
        Result result = eval();
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.line("held out: ")).matches("held out: \\d+ items +top-1 +on training images");
        for (String row : new String[] {"raw pixels", "random encoder", file.toString()}) {
            assertThat(result.line(row)).matches(".*  [01]\\.\\d{3}  [01]\\.\\d{3}");
        }
        assertThat(result.line("trained on ")).contains("images without augmentation, recipe simclr (",
                "90 epochs; the encoder did not move");
        assertThat(file).hasBinaryContent(before);
        assertThat(eval("--threads", "2")).isEqualTo(result);                    // again: the same numbers
    }

    @Test
    void takesARecipeAndWhatChangesIt() {
        Result result = eval("--recipe", "moco", "--epochs", "3", "--lr", "0.5", "--batch", "7", "--no-standardise",
                "--images", "9", "--seed", "4");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.line("trained on 9 images")).contains("recipe moco (", "3 epochs");
    }

    @Test
    void writesItsTableAndLeavesPixelsOut() throws IOException {
        Path csv = folder.resolve("linear.csv");
        Result result = eval("--no-pixels", "--csv", csv.toString());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).doesNotContain("raw pixels").contains("random encoder");
        String encoder = new RunFolder(run).encoder().toString();
        assertThat(Files.readAllLines(csv)).startsWith("representation,measure,value").anySatisfy(row ->
                assertThat(row).matches(Pattern.quote(encoder + ",top-1,") + "[01]\\.\\d+"));
    }

    @Test
    void leavesTheRandomEncoderOut() {
        Result result = eval("--no-pixels", "--no-random-encoder", "--epochs", "1");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).doesNotContain("raw pixels").doesNotContain("random encoder")
                .contains("encoder.safetensors");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--recipe vissl | There is no recipe 'vissl'; there are simclr, moco, byol, barlow.",
        "--images 0 | --images must be at least 1 but is 0.",
        "--batch 0 | --batch must be at least 1 but is 0.",
        "--epochs 0 | epochs must be at least 1 but is 0.",
        "--lr -1 | the learning rate must be a number > 0 but is -1.0.",
        "--data nowhere | There is no data set or path 'nowhere'; built in are"})
    void isToldWhatIsWrong(String options, String sentence) {
        Result result = eval(options.split(" "));
        assertThat(result.err()).startsWith("ssl: " + sentence).hasLineCount(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void needsTwoClasses() throws IOException {
        Path flat = Files.createDirectories(folder.resolve("flat"));
        for (String name : new String[] {"00.png", "01.png", "02.png"}) {
            Files.copy(folder.resolve("photos/down").resolve(name), flat.resolve(name));
        }
        assertThat(eval("--data", flat.toString()).err())
                .isEqualTo("ssl: A classifier needs at least two classes, but the data flat have 0.\n");
    }
}
