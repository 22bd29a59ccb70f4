package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import invar.ssl.Setup;
import invar.ssl.UserError;
import invar.ssl.cli.Cli.Result;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /// Each of these is a whole number that Java can hold, and more than a tensor, or anybody's patience, can.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "moco-v1 --batch=8 queue=2147483640 | queue × projection must be below 2^31 - 64 but is 274877905920.",
        "moco-v2 --batch=8 queue=400000000 | queue × projection must be below 2^31 - 64 but is 51200000000.",
        "moco-v2 --batch=8 queue=300000000 projection=1 | queue × the keys of one step must be below 2^31 - 64 but is ",
        "simclrv2 memory=2147483632 | memory × projection must be below 2^31 - 64 but is 137438952448.",
        "simclrv2 memory=280000000 projection=1 | 2 × batch × (memory + 2 × batch) must be below 2^31 - 64 but is ",
        "swav queue=2147483640 prototypes=4 | queue × projection must be below 2^31 - 64 but is 137438952960.",
        "swav queue=260000000 projection=1 prototypes=9 | (queue + batch) × prototypes must be below 2^31 - 64 but is ",
        "jigsaw projection=131072 hidden=131072 | Wrong settings of jigsaw: 9 × projection × hidden must be ",
        "jigsaw projection=131072 permutations=10000 | Wrong settings of jigsaw: 9 × projection × permutations ",
        "simclr projection=131072 hidden=131072 | Wrong settings of simclr: hidden × projection must be below "
                + "2^31 - 64 but is 17179869184.",
        "simclrv2 projection=2 hidden=131072 | Wrong settings of simclrv2: hidden × hidden must be below ",
        "moco-v2 --batch=8 projection=131072 hidden=131072 | Wrong settings of moco-v2: hidden × projection must be ",
        "moco-v3 projection=131072 hidden=131072 | Wrong settings of moco-v3: hidden × projection must be below ",
        "byol projection=131072 hidden=131072 | Wrong settings of byol: hidden × projection must be below ",
        "simsiam layers=3 projection=2 hidden=131072 | Wrong settings of simsiam: hidden × hidden must be below ",
        "simsiam projection=131072 bottleneck=131072 | Wrong settings of simsiam: projection × bottleneck ",
        "barlow projection=131072 hidden=2 | Wrong settings of barlow: projection × projection must be below ",
        "vicreg projection=2 hidden=131072 | Wrong settings of vicreg: hidden × hidden must be ",
        "swav hidden=131072 projection=131072 | Wrong settings of swav: hidden × projection must be below ",
        "deepcluster-v2 projection=131072 prototypes=131072 | Wrong settings of deepcluster-v2: projection × "
                + "prototypes must be below ",
        "dino bottleneck=131072 outputs=131072 hidden=2 | Wrong settings of dino: bottleneck × outputs must be below ",
        "cpc context=131072 | Wrong settings of cpc: 3 × context × context must be below 2^31 - 64 but is 51539607552.",
        "instdisc form=nce projection=131072 negatives=20000 | batch × negatives × projection must be below ",
        "simsiam layers=100000000 | Wrong settings of simsiam: layers must be at most 1000 but is 100000000.",
        "simclrv2 layers=2147483647 | Wrong settings of simclrv2: layers must be at most 1000 but is 2147483647.",
        "deepcluster-v2 prototypes=10 heads=2000000000 | Wrong settings of deepcluster-v2: heads must be at most 1000 ",
        "deepcluster-v2 iterations=2000000000 | Wrong settings of deepcluster-v2: iterations must be at most 1000 but ",
        "swav iterations=2000000000 | Wrong settings of swav: iterations must be at most 1000 but is 2000000000.",
        "cpc blocks=2000000000 | Wrong settings of cpc: blocks must be at most 1000 but is 2000000000."})
    void refusesSizesThatNothingCanHold(String options, String sentence) {
        isRefusedBeforeThereIsAFolder(options.replaceAll(" (?!--)", " --set "), sentence);
    }

    /// They are numbers in double precision, where training is in single.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"barlow | lambda | 0, or", "barlow | scale |", "barlow | biasRate |",
        "instdisc | proximal | 0, or", "fixmatch | weight | 0, or", "pi-model | weight | 0, or",
        "mean-teacher | weight | 0, or", "cpc | embScale |", "vicreg | invariance | 0, or", "vicreg | variance |",
        "vicreg | covariance | 0, or"})
    void refusesNumbersThatLeaveSinglePrecision(String method, String setting, String or) {
        for (String value : new String[] {"1.0E300", "1000001.0", "1.0E-40"}) {
            isRefusedBeforeThereIsAFolder(method + " --set " + setting + "=" + value, "Wrong settings of " + method
                    + ": " + setting + " must be " + (or == null ? "" : or + " ") + "from 1e-30 to 1e6, as training "
                    + "computes in single precision, but is " + value + ".");
        }
    }

    /// Logits over such a temperature are all the same.
    @ParameterizedTest
    @CsvSource({"simclr,temperature", "moco-v3,temperature", "dino,warmupTemperature", "swav,epsilon"})
    void refusesTemperaturesThatAreTooHigh(String method, String setting) {
        isRefusedBeforeThereIsAFolder(method + " --set settings." + setting + "=1e300", "Wrong settings of " + method
                + ": " + setting + " must be at most 1e6, above which logits are too small for single precision, but "
                + "is 1.0E300.");
    }

    /// A queue that a tensor could hold, but not the heap of this JVM.
    @Test
    void refusesWhatTheHeapCannotHold() {
        long keys = Runtime.getRuntime().maxMemory() / 8 / 128 / 8 * 8 + 8;
        assumeThat(128 * keys).isLessThan(Setup.ELEMENTS);
        isRefusedBeforeThereIsAFolder("moco-v1 --batch 8 --set queue=" + keys, "queue × projection is " + 128 * keys
                + ", which needs ");
    }

    /// A network and heads for each of which there is room, but not for all.
    @Test
    void saysWhatMayBeTooLargeWhereThereIsNoRoom() {
        TrainConfig config = ConfigFile.resolve(null, Map.of("method", "moco-v2"));
        UserError error = TrainingSession.tooLarge(new OutOfMemoryError("Java heap space"), config);
        assertThat(error).hasMessageContaining("make encoder.width (--width) or hidden or projection or queue smaller")
                .hasMessageContaining("SSL_JAVA_OPTS=-Xmx8g");
        assertThat(error.exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @ParameterizedTest
    @CsvSource({"moco-v1", "moco-v3", "instdisc", "dino"})
    void namesTheGroupsOfASettingThatIsInTwo(String method) {
        isRefusedBeforeThereIsAFolder(method + " --set momentum=1.5", "The setting 'momentum' is in more than one "
                + "group: write settings.momentum or optimization.momentum.");
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
