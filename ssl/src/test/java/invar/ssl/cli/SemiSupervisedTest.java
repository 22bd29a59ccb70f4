package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.cli.Cli.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `ssl train` with methods that need labels for some images.
@Timeout(60)
class SemiSupervisedTest {

    @TempDir
    Path folder;

    private Result train(Path data, String method, String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--data", data.toString(), "--method", method, "--out",
                folder.resolve("run").toString(), "--device", "reference", "--image-size", "8", "--width", "1",
                "--batch", "4", "--epochs", "2"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pi-model", "mean-teacher", "fixmatch"})
    void measuresTheClassifierOnHeldOutImages(String method) throws IOException {
        Path photos = Cli.photos(folder.resolve("photos"), 12);
        Result result = train(photos, method, "--set", "labels.batch=3", "--set", "labels.fraction=0.5");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.line("epoch 2/2")).contains("(chance 0.693)");
        assertThat(result.line("held out: ")).endsWith("kNN-20  classifier");
        for (String row : List.of("raw pixels", "standardised pixels", "random encoder")) {
            assertThat(result.line(row)).matches(row + " +[01][.]\\d{3} +-");
        }
        assertThat(result.line("trained encoder")).matches("trained encoder +[01][.]\\d{3} +[01][.]\\d{3}");
    }

    @Test
    void refusesDataWithoutLabels() throws IOException {
        Path photos = Cli.photos(folder.resolve("photos"), 12);
        Path flat = folder.resolve("flat");
        Files.move(photos.resolve("down"), flat);
        Result result = train(flat, "fixmatch");
        assertThat(result.err()).isEqualTo("ssl: The data flat have no labels, but the method needs some.\n");
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void refusesALabelledBatchLargerThanTheLabelledImages() throws IOException {
        Path photos = Cli.photos(folder.resolve("photos"), 12);
        Result result = train(photos, "mean-teacher", "--set", "labels.batch=9");
        assertThat(result.err()).startsWith("ssl: labels.batch is 9, but with labels.fraction 0.1 there are only ")
                .endsWith(" labelled images.\n").hasLineCount(1);
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void refusesAnAugmentationWithOneView() throws IOException {
        Path photos = Cli.photos(folder.resolve("photos"), 12);
        Result result = train(photos, "fixmatch", "--augment", "rotnet");
        assertThat(result.err()).isEqualTo(
                "ssl: The augmentation rotnet makes 1 view(s) of an image, but fixmatch takes 2.\n");
    }

    @Test
    void refusesAThresholdThatIsNoProbability() throws IOException {
        Path photos = Cli.photos(folder.resolve("photos"), 12);
        assertThat(train(photos, "fixmatch", "--set", "confidence=95").err()).isEqualTo(
                "ssl: Wrong settings of fixmatch: confidence must be from 0 to 1 but is 95.0.\n");
    }
}
