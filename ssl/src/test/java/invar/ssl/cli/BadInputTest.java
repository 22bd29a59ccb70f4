package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.nn.io.Safetensors;
import invar.ssl.cli.Cli.Result;
import invar.ssl.train.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Wrong input ends with one sentence that names the thing and the rule, with an exit code, and with every file as it
/// was.
@Timeout(60)
class BadInputTest {

    @TempDir
    static Path folder;

    private static Path photos, run;

    @BeforeAll
    static void makeARun() throws IOException {
        photos = Cli.photos(folder.resolve("photos"), 5);
        run = folder.resolve("run");
        assertThat(Cli.train(photos, run).code()).isZero();
        Files.createDirectory(folder.resolve("empty"));
        Files.writeString(folder.resolve("notes.txt"), "these are notes");
        Path broken = Cli.photos(folder.resolve("broken"), 3);
        byte[] png = Files.readAllBytes(broken.resolve("down/01.png"));
        Files.write(broken.resolve("down/01.png"), Arrays.copyOf(png, png.length / 2));
        Files.write(folder.resolve("data_batch_1.bin"), new byte[3 * 3073 - 1]);
        Files.write(Files.createDirectory(folder.resolve("idx")).resolve("train-images-idx3-ubyte"),
                ByteBuffer.allocate(16 + 99).putInt(0x803).putInt(2).putInt(10).putInt(10).array());
        Files.write(folder.resolve("idx/train-labels-idx1-ubyte"),
                ByteBuffer.allocate(8 + 2).putInt(0x801).putInt(2).array());
        byte[] encoder = Files.readAllBytes(new RunFolder(run).encoder());
        Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(encoder, encoder.length - 1));
        new Safetensors(Map.of(), Map.of()).write(folder.resolve("other.safetensors"));
        Files.writeString(folder.resolve("list.yaml"), "- a\n- b\n");
        Files.writeString(folder.resolve("typo.yaml"), "batches: 7\n");
    }

    /// With @ for the test's folder.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "--data @/missing | There is no data set or path '@/missing'; ",
        "--data @/notes.txt | @/notes.txt is a file of no known kind; ",
        "--data @/empty | @/empty holds no image; ",
        "--data @/broken | @/broken/down/01.png cannot be read: ",
        "--data @/data_batch_1.bin | @/data_batch_1.bin has 9218 bytes, which is no multiple of ",
        "--data @/idx | @/idx/train-images-idx3-ubyte has 115 bytes but its header says 216; ",
        "--method foo | There is no method 'foo'; there are ",
        "--set foo=1 | There is no setting 'foo'; there are method, ",
        "--set lr=fast | Wrong settings: optimization.lr must be a number but is 'fast'.",
        "--set nesterov=2.5 | Wrong settings: optimization.nesterov must be true or false but is 2.5.",
        "--set optimization.optimizer=adam2 | There is no optimizer 'adam2'; there are sgd, adam, ",
        "--temperature 0 | Wrong settings of simclr: temperature must be a number > 0 but is 0.0.",
        "--temperature -0.1 | Wrong settings of simclr: temperature must be a number > 0 but is -0.1.",
        "--batch 9 | The batch of 9 is larger than the data: there are ",
        "--batch 1 | Wrong settings: batch must be at least 2 but is 1.",
        "--epochs 0 | Wrong settings: epochs must be at least 1 but is 0.",
        "--lr 0 | Wrong settings: optimization.lr must be a number > 0 but is 0.0.",
        "--lr NaN | Wrong settings: optimization.lr must be a number > 0 but is NaN.",
        "--lr 1e300 | Wrong settings: optimization.lr must be from 1e-30 to 1e6, as training computes in single ",
        "--lr 1e-300 | Wrong settings: optimization.lr must be from 1e-30 to 1e6, as training computes in single ",
        "--set weightDecay=1e300 | Wrong settings: optimization.weightDecay must be 0, or from 1e-30 to 1e6, ",
        "--set endDecay=1e300 | Wrong settings: optimization.endDecay must be 0, or from 1e-30 to 1e6, ",
        "--set endFactor=1e300 | Wrong settings: optimization.endFactor must be 0, or from 1e-30 to 1e6, ",
        "--set stepFactor=1e300 | Wrong settings: optimization.stepFactor must be from 1e-30 to 1e6, as ",
        "--set trust=1e300 | Wrong settings: optimization.trust must be from 1e-30 to 1e6, as ",
        "--set clip=1e-300 | Wrong settings: optimization.clip must be 0, or from 1e-30 to 1e6, ",
        "--set momentum=0.9999999999 | Wrong settings: optimization.momentum must be below 1 in single ",
        "--set beta2=0.9999999999 | Wrong settings: optimization.beta2 must be below 1 in single precision, too, but ",
        "--image-size 3000 | Wrong settings: imageSize must be 8 to 1024 pixels but is 3000.",
        "--encoder vit-mini --width 3 --stem patch1 --image-size 256 | batch × heads × tokens², with 65537 tokens for "
                + "encoder.stem patch1 and imageSize 256, must be below 2^31 - 64 but is 51541180428.",
        "--stem cifar --image-size 1024 --width 1024 | batch × encoder.width × imageSize² must be below 2^31 - 64 ",
        "--encoder vit | There is no encoder 'vit'; there are resnet10, ",
        "--encoder resnet9 | The encoder is not possible: there is no ResNet-9: ",
        "--stem tiny | There is no stem 'tiny'; there are imagenet, cifar and small.",
        "--width 0 | Wrong settings: encoder.width must be 1 to 1024 but is 0.",
        "--augment magic | No augmentation recipe is called 'magic'; there are simclr, ",
        "--preset imagenet | There is no preset 'imagenet'; there are paper and cifar.",
        "--set encoder.norm=instance | There is no norm 'instance'; there are batch, layer, ",
        "--set schedule=linear | There is no schedule 'linear' of the learning rate; there are cosine, ",
        "--set labels.fraction=0 | Wrong settings: labels.fraction must be above 0 and at most 1 but is 0.0",
        "--augment rotnet | The augmentation rotnet makes 1 view(s) of an image, but simclr takes 2.",
        "--device gpu | no device 'gpu': there are auto, ",
        "--device cpu:x | after the colon of a device's name comes its number: ",
        "--threads 0 | threads must be at least 1 but is 0.",
        "--precision bf16 --device cpu | --precision bf16: the device cpu in fp32 has no such products.",
        "--precision tf32 --device reference | --precision tf32: the device reference has no such products.",
        "--views device | Views cannot be made on the device (--views device): the device reference has no kernel ",
        "--config @/missing.yaml | There is no settings file @/missing.yaml.",
        "--config @/list.yaml | No settings: the settings file @/list.yaml must hold names and values, ",
        "--config @/typo.yaml | The settings file @/typo.yaml has an unknown setting 'batches'; ",
        "--out @/run | The run folder @/run is not empty: choose another with --out, ",
        "--out @/notes.txt | The run folder @/notes.txt is a file.",
        "--out @/notes.txt/run | The run folder @/notes.txt/run cannot be made: ",
        "--resume @/missing | A resumed run keeps its settings: "})
    void isToldInOneSentence(String options, String sentence) throws IOException {
        Map<String, List<Byte>> before = contents();
        Result result = Cli.run(train(options));
        assertThat(result.err()).startsWith("ssl: " + sentence.replace("@", folder.toString())).hasLineCount(1)
                .endsWith(".\n").doesNotContain("\tat ", "Exception", "mistake in the program");
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(contents()).isEqualTo(before);                // no run folder is left behind either
    }

    /// The tiny command with these options instead of its own.
    private static String[] train(String options) {
        List<String> args = new ArrayList<>(List.of(options.replace("@", folder.toString()).split(" ")));
        List<String> usual = new ArrayList<>(
                List.of("--data", photos.toString(), "--out", folder.resolve("new").toString()));
        usual.addAll(Cli.TINY);
        for (int i = 0; i < usual.size(); i += 2) {
            if (usual.get(i).equals("--set") || !args.contains(usual.get(i))) args.addAll(usual.subList(i, i + 2));
        }
        args.addFirst("train");
        return args.toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--lr abc | Invalid value for option '--lr': 'abc' is not a double.",
        "--epochs 1.5 | Invalid value for option '--epochs': '1.5' is not an int.",
        "--batch many | Invalid value for option '--batch': 'many' is not an int.",
        "--set lr | Value for option option '--set' (KEY=VALUE) should be in KEY=VALUE format but was lr.",
        "--precision half | Invalid value for option '--precision': there is fp32, tf32 and bf16, not 'half'",
        "--views gpu | Invalid value for option '--views': there is auto, host and device, not 'gpu'",
        "--no-such-option | Unknown option: '--no-such-option'"})
    void isToldWhereHelpIsIfAnOptionIsWrong(String options, String sentence) throws IOException {
        Map<String, List<Byte>> before = contents();
        Result result = Cli.run(train(options));
        assertThat(result.err()).startsWith("ssl: " + sentence).endsWith("Try 'ssl train --help'.\n")
                .doesNotContain("\tat ");
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(contents()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "@/missing | There is no encoder file @/missing.",
        "@/empty | The folder @/empty holds no run: it has no config.yaml.",
        "@/notes.txt | Not an encoder file: @/notes.txt: ",
        "@/cut.safetensors | Not an encoder file: @/cut.safetensors: ",
        "@/other.safetensors | The file @/other.safetensors holds no encoder of this program.",
        "@/run/checkpoints/last.safetensors | The file @/run/checkpoints/last.safetensors holds no encoder of this ",
        "@/run --data @/missing | There is no data set or path '@/missing'; ",
        "@/run --data @/broken | @/broken/down/01.png cannot be read: ",
        "@/run --k 0 | --k must be at least 1 but is 0.",
        "@/run --k 9 | --k must be at most the number of training images that vote, which is 7, but is 9.",
        "@/run --k 3 --bank 2 | --k must be at most the number of training images that vote, which is 2, but is 3.",
        "@/run --temperature 0 | --temperature must be a number > 0 but is 0.0.",
        "@/run --bank 0 | --bank must be at least 1 but is 0.",
        "@/run --device gpu | no device 'gpu': there are auto, "})
    void isToldByEvalToo(String options, String sentence) throws IOException {
        Map<String, List<Byte>> before = contents();
        Result result = Cli.run(Stream.concat(Stream.of("eval", "knn"),
                Arrays.stream(options.replace("@", folder.toString()).split(" "))).toArray(String[]::new));
        assertThat(result.err()).startsWith("ssl: " + sentence.replace("@", folder.toString())).hasLineCount(1)
                .endsWith(".\n").doesNotContain("\tat ", "Exception", "mistake in the program");
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(contents()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--resume @/missing | There is no run folder @/missing.",
        "--resume @/empty | The folder @/empty holds no run: it has no config.yaml.",
        "--resume @/notes.txt | There is no run folder @/notes.txt.",
        "--resume @/run --epochs 5 | A resumed run keeps its settings: --epochs cannot be given with --resume.",
        "--resume @/run --set lr=1 | A resumed run keeps its settings: --set cannot be given with --resume.",
        "--resume @/run --data emoji32 | A resumed run keeps its settings: --data cannot be given with --resume.",
        "--resume @/run --out @/new | A resumed run keeps its settings: --out cannot be given with --resume.",
        "--resume @/run --overwrite | A resumed run keeps its settings: --overwrite cannot be given with --resume.",
        "--overwrite | --overwrite needs --out: without it, a run gets a new folder."})
    void isToldOnResuming(String options, String sentence) throws IOException {
        Map<String, List<Byte>> before = contents();
        Result result = Cli.run(("train " + options.replace("@", folder.toString())).split(" "));
        assertThat(result).isEqualTo(
                new Result(ExitCode.USAGE, "", "ssl: " + sentence.replace("@", folder.toString()) + "\n"));
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void isToldIfARunHasOtherSettingsThanItsCheckpoint(@TempDir Path other) throws IOException {
        Path changed = copy(run, other.resolve("run"));
        RunFolder files = new RunFolder(changed);
        String config = Files.readString(files.config());
        for (String[] change : new String[][] {
            {"seed: 0", "seed: 1", "its seed is 0, not 1."},
            {"epochs: 2", "epochs: 3", "its epochs is 2, not 3."},
            {"lr: 0.05", "lr: 0.5", "its optimization.lr is 0.05, not 0.5."}}) {
            assertThat(config).contains(change[0]);
            Files.writeString(files.config(), config.replace(change[0], change[1]));
            refusesToResume(changed, "The checkpoint " + files.checkpoint() + " is of another run: " + change[2]);
        }
        Files.writeString(files.config(), config.replace("batch: 4", "batch: none"));
        refusesToResume(changed,
                "Wrong settings of " + files.config() + ": batch must be a whole number but is 'none'.");
    }

    @Test
    void isToldIfTheDataOfARunHaveChanged(@TempDir Path other) throws IOException {
        Path pictures = Cli.photos(other.resolve("photos"), 5), begun = other.resolve("run");
        assertThat(Cli.train(pictures, begun).code()).isZero();
        Files.move(pictures.resolve("down/02.png"), pictures.resolve("down/07.png"));
        refusesToResume(begun, "The data " + pictures + " is not what the run " + begun
                + " was begun with: its items are no longer those of " + new RunFolder(begun).data() + ".");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 200, -1})
    void isToldIfACheckpointIsCutOff(int length, @TempDir Path other) throws IOException {
        Path cut = copy(run, other.resolve("run"));
        Path checkpoint = new RunFolder(cut).checkpoint();
        byte[] whole = Files.readAllBytes(checkpoint);
        Files.write(checkpoint, Arrays.copyOf(whole, length < 0 ? whole.length + length : length));
        Result result = Cli.run("train", "--resume", cut.toString(), "--device", "reference");
        assertThat(result.err()).startsWith("ssl: " + checkpoint + ": ").hasLineCount(1).endsWith(".\n");
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        Files.delete(checkpoint);
        refusesToResume(cut, "The run " + cut + " has no checkpoint to continue from.");
    }

    private static void refusesToResume(Path run, String sentence) throws IOException {
        Map<String, List<Byte>> before = contents(run);
        assertThat(Cli.run("train", "--resume", run.toString(), "--device", "reference"))
                .isEqualTo(new Result(ExitCode.USAGE, "", "ssl: " + sentence + "\n"));
        assertThat(contents(run)).isEqualTo(before);
    }

    @Test
    void isToldIfAFolderCannotBeReplaced(@TempDir Path other) throws IOException {
        Path taken = other.resolve("run");
        RunFolder files = new RunFolder(taken);
        Files.createDirectories(files.checkpoint());             // a folder where the file should be
        Files.writeString(files.checkpoint().resolve("kept"), "old");
        Files.writeString(files.config(), "old");
        Map<String, List<Byte>> before = contents(taken);
        Result result = Cli.train(photos, taken, "--overwrite");
        assertThat(result.err()).startsWith("ssl: The run folder " + taken + " cannot be made: ").hasLineCount(1);
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(contents(taken)).isEqualTo(before);
    }

    @Test
    void showsTheStackOnRequestOnly() {
        assertThat(Cli.run("train", "--data", "nowhere", "--stacktrace").err())
                .contains("ssl: There is no data set", "\tat ");
    }

    private static Map<String, List<Byte>> contents() throws IOException {
        return contents(folder);
    }

    private static Map<String, List<Byte>> contents(Path of) throws IOException {
        Map<String, List<Byte>> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(of)) {
            for (Path file : files.toList()) contents.put(of.relativize(file).toString(), bytes(file));
        }
        return contents;
    }

    private static List<Byte> bytes(Path file) throws IOException {
        if (Files.isDirectory(file)) return List.of();
        List<Byte> list = new ArrayList<>();
        for (byte b : Files.readAllBytes(file)) list.add(b);
        return list;
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            files.forEach(file -> {
                try {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return to;
    }
}
