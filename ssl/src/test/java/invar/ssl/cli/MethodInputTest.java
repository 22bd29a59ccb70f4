package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.cli.Cli.Result;
import invar.ssl.train.RunFolder;
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

/// What a method cannot take is refused before there is a run's folder, in a sentence that names option and rule.
@Timeout(60)
class MethodInputTest {

    @TempDir
    static Path folder;

    private static Path photos;

    @BeforeAll
    static void makePhotos() throws IOException {
        photos = Cli.photos(folder.resolve("photos"), 20);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "jigsaw --augment simclr | jigsaw takes mosaics of 3 × 3 tiles, but the augmentation simclr (--augment) "
                + "makes no "
                + "mosaics of images of 32 pixels: use --augment jigsaw.",
        "jigsaw --augment simclr --image-size 33 | jigsaw takes mosaics of 3 × 3 tiles, but the augmentation simclr "
                + "(--augment) makes no mosaics of images of 33 pixels: use --augment jigsaw.",
        "jigsaw --augment cpc | jigsaw takes mosaics of 3 × 3 tiles, but the augmentation cpc (--augment) makes 3 × 3 "
                + "patches of images of 32 pixels: use --augment jigsaw.",
        "jigsaw --augment none | jigsaw cuts whole images into 3 × 3 tiles, but the side of 32 pixels "
                + "(--image-size) is "
                + "not a multiple of 3.",
        "cpc --augment simclr | cpc takes mosaics of 3 × 3 patches, but the augmentation simclr (--augment) makes no "
                + "mosaics of images of 32 pixels: use --augment cpc.",
        "cpc --augment simclr --image-size 33 | cpc takes mosaics of 3 × 3 patches, but the augmentation simclr ",
        "cpc --augment jigsaw | cpc takes mosaics of 3 × 3 patches, but the augmentation jigsaw (--augment) "
                + "makes 3 × 3 "
                + "tiles of images of 32 pixels: use --augment cpc.",
        "cpc --set grid=6 | cpc takes mosaics of 6 × 6 patches (--set grid), but the augmentation cpc "
                + "(--augment) makes "
                + "3 × 3 patches of images of 32 pixels: use --set grid=3.",
        "cpc --image-size 70 --set grid=3 | cpc takes mosaics of 3 × 3 patches (--set grid), but the augmentation cpc "
                + "(--augment) makes 6 × 6 patches of images of 70 pixels: use --set grid=6.",
        "rotnet --augment simclr-shapes | rotnet asks by which quarter an image was turned, so its views must "
                + "be turned "
                + "by less than 45 degrees, but the augmentation simclr-shapes (--augment) turns them by up to 180.",
        "rotnet --augment fixmatch | rotnet asks by which quarter ",
        "rotnet --augment jigsaw | rotnet takes whole images, but the augmentation jigsaw (--augment) makes mosaics of "
                + "3 × 3 tiles.",
        "instdisc --augment cpc | instdisc takes whole images, but the augmentation cpc (--augment) makes mosaics of "
                + "3 × 3 patches.",
        "simclr --set encoder.norm=split3 | Wrong settings: batch (--batch) must be a multiple of 3, the parts of "
                + "encoder.norm, which is split3, but is 4.",
        "moco-v2 --batch 9 --preset cifar | Wrong settings: batch (--batch) must be a multiple of 8, the parts of "
                + "encoder.norm, which is split8, but is 9.",
        "fixmatch --set encoder.norm=split2 --set labels.batch=3 | labels.batch must be a multiple of 2, the parts of "
                + "encoder.norm, which is split2, but is 3.",
        "pi-model --set labels.batch=1 | labels.batch must be at least 2, as batch norm needs more than one "
                + "image, but ",
        "mean-teacher --set labels.batch=1 | labels.batch must be at least 2, ",
        "fixmatch --set labels.batch=1 | labels.batch must be at least 2, ",
        "swav --set prototypes=1 | Wrong settings of swav: prototypes must be at least 2 but is 1.",
        "deepcluster-v2 --set prototypes=1 | Wrong settings of deepcluster-v2: prototypes must be at least 2 but is 1.",
        "dino --set outputs=1 | Wrong settings of dino: outputs must be at least 2 but is 1.",
        "simclr --temperature 1e-30 | Wrong settings of simclr: temperature must be at least 1.0E-6, below which ",
        "simclrv2 --temperature 1e-30 | Wrong settings of simclrv2: temperature must be at least 1.0E-6, ",
        "moco-v1 --batch 8 --temperature 1e-30 | Wrong settings of moco-v1: temperature must be at least 1.0E-6, ",
        "moco-v3 --temperature 1e-30 | Wrong settings of moco-v3: temperature must be at least 1.0E-6, ",
        "swav --temperature 1e-30 | Wrong settings of swav: temperature must be at least 1.0E-6, ",
        "deepcluster-v2 --temperature 1e-30 | Wrong settings of deepcluster-v2: temperature must be at least 1.0E-6, ",
        "instdisc --temperature 1e-30 --set form=nonparametric | Wrong settings of instdisc: temperature must be at ",
        "dino --set studentTemperature=1e-30 | Wrong settings of dino: studentTemperature must be at least 1.0E-6, ",
        "rotnet --temperature 0.5 | The method rotnet has no setting 'temperature' (--temperature); it has none.",
        "byol --temperature 0.5 | The method byol has no setting 'temperature' (--temperature); it has hidden, "})
    void isRefusedBeforeThereIsAFolder(String options, String sentence) {
        Result result = Cli.run(train(options));
        assertThat(result.err()).startsWith("ssl: " + sentence).hasLineCount(1).endsWith(".\n")
                .doesNotContain("\tat ", "Exception", "mistake in the program");
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("new")).doesNotExist();
    }

    /// The mosaics of the method, and whole images that can be cut.
    @ParameterizedTest
    @CsvSource({"jigsaw --image-size 32", "jigsaw --image-size 33 --augment none", "cpc --image-size 32",
        "cpc --image-size 12 --augment none", "rotnet --augment drawings",
        "moco-v2 --preset cifar --set queue=16 --batch 8"})
    void takesWhatFits(String options, @TempDir Path other) {
        List<String> args = new ArrayList<>(List.of(train(options)));
        args.set(args.indexOf("--out") + 1, other.resolve("run").toString());
        assertThat(Cli.run(args.toArray(String[]::new)).code()).isZero();
    }

    /// The study of it must be possible.
    @Test
    void warnsOfBatchNormBetweenPatches(@TempDir Path other) throws IOException {
        String out = other.resolve("run").toString();
        List<String> args = new ArrayList<>(List.of(train("cpc --set encoder.norm=batch")));
        args.set(args.indexOf("--out") + 1, out);
        Result result = Cli.run(args.toArray(String[]::new));
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.line("warning: the encoder has batch norm (encoder.norm is batch): "))
                .endsWith("(--set encoder.norm=layer).");
        assertThat(Files.readString(new RunFolder(Path.of(out)).log())).contains("warning: the encoder has batch norm");
        args.replaceAll(arg -> arg.equals("encoder.norm=batch") ? "encoder.norm=layer" : arg);
        args.set(args.indexOf("--out") + 1, out + "2");
        assertThat(Cli.run(args.toArray(String[]::new)).out()).doesNotContain("batch norm");
    }

    private static String[] train(String options) {
        List<String> args = new ArrayList<>(List.of("train", "--data", photos.toString(), "--out",
                folder.resolve("new").toString(), "--device", "reference", "--width", "1", "--epochs", "1"));
        args.add("--method");
        args.addAll(List.of(options.split(" ")));
        if (!options.contains("--image-size")) args.addAll(List.of("--image-size", "32"));
        if (!options.contains("--batch")) args.addAll(List.of("--batch", "4"));
        return args.toArray(String[]::new);
    }
}
