package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a user is told of cuBLAS and cuDNN, of precision, and of a device that does not open, on the emulator with
/// stand-ins for both. Each command is a process of its own, as libraries are looked for once a process.
@Tag("cuda")
@Timeout(120)
class CudaLibrariesTest {

    private static final String DRIVER = System.getProperty("invar.cuda.driver");

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private String libraries;

    private record Said(int code, String text) {}

    @BeforeEach
    void find() {
        assertThat(DRIVER).as("-Dinvar.cuda.driver names the emulator").isNotNull();
        libraries = Path.of(DRIVER).resolveSibling("libraries").resolve("modern").normalize().toString();
    }

    private Said ssl(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "-Xmx1g", "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1", "-Dinvar.cuda.driver=" + DRIVER, "-Dinvar.cuda.libraries=" + libraries,
                "-cp", System.getProperty("java.class.path"), "invar.ssl.cli.Ssl"));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text.lines().filter(line -> !line.startsWith("WARNING"))
                .reduce("", (before, line) -> before + line + "\n"));
    }

    private Said train(String... more) throws IOException, InterruptedException {
        Path photos = Files.isDirectory(folder.resolve("photos"))
                ? folder.resolve("photos") : Cli.photos(folder.resolve("photos"), 12);
        Path run = folder.resolve("run");
        List<String> args = new ArrayList<>(List.of(Cli.trainArguments(photos.toString(), run, more)));
        args.remove("reference");
        args.add(args.indexOf("--device") + 1, "cuda");
        args.set(args.indexOf("--epochs") + 1, "1");
        return ssl(args.toArray(String[]::new));
    }

    @Test
    void devicesNamesThemAndWhereTheyAre() throws IOException, InterruptedException {
        Said said = ssl("devices");
        assertThat(said.code).isZero();
        assertThat(said.text.lines().toList().subList(0, 3)).satisfiesExactly(
                line -> assertThat(line).startsWith("cuda (auto)  driver for CUDA 13.0; Emulated device"),
                line -> assertThat(line).isEqualTo("             cuBLAS 13.1.2, " + libraries + "/libcublas.so.13"),
                line -> assertThat(line).isEqualTo("             cuDNN 9.5.1, " + libraries + "/libcudnn.so.9"));
    }

    @Test
    void devicesOpensThemToSayWhatAutoTakes() throws IOException, InterruptedException {
        environment.put("EMULATOR_CAPABILITY", "60");
        Said said = ssl("devices");
        assertThat(said.code).isZero();
        assertThat(said.text.lines().toList().subList(0, 3)).satisfiesExactly(
                line -> assertThat(line).isEqualTo("cuda         not available: the device cuda:0 has compute "
                        + "capability 6.0, and 7.5 (Turing) or later is needed"),
                line -> assertThat(line).startsWith("             driver for CUDA 13.0; Emulated device"),
                line -> assertThat(line).startsWith("cpu (auto)   "));
        environment.put("EMULATOR_CAPABILITY", "90");
        environment.put("EMULATOR_REFUSE", "cuDevicePrimaryCtxRetain 46");
        assertThat(ssl("devices").text).startsWith("cuda         not available: the CUDA driver refused "
                + "cuDevicePrimaryCtxRetain: CUDA_ERROR_DEVICE_UNAVAILABLE").contains("\ncpu (auto) ");
    }

    @Test
    void devicesGoesOnWithoutAFolderForTemporaryFiles() throws IOException, InterruptedException {
        environment.put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + folder.resolve("nowhere"));
        Said said = ssl("devices");
        assertThat(said.code).isZero();
        assertThat(said.text).contains("cuda         not available: JCuda cannot be loaded: the folder for temporary "
                + "files, " + folder.resolve("nowhere") + ", does not exist\ncpu (auto) ");
    }

    @Test
    void checkSaysWhyADeviceIsPassedOver() throws IOException, InterruptedException {
        environment.put("EMULATOR_REFUSE", "cuDevicePrimaryCtxRetain 46");
        String golden = Path.of("src/test/resources/golden/relu").toAbsolutePath().toString();
        Said said = ssl("check", "--device", "auto", golden);
        assertThat(said.code).as(said.text).isZero();
        assertThat(said.text.lines().toList().getLast()).startsWith("on cpu in fp32 (not cuda: the CUDA driver refused "
                + "cuDevicePrimaryCtxRetain: CUDA_ERROR_DEVICE_UNAVAILABLE; another program may have the device to "
                + "itself): ");
        Said named = ssl("check", "--device", "cuda", golden);
        assertThat(named.text).startsWith("ssl: device 'cuda' cannot be used here: the CUDA driver refused ")
                .hasLineCount(1);
        assertThat(named.code).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aRunSaysWithWhatItMultiplies() throws IOException, InterruptedException {
        assertThat(train().text).contains("; on cuda in tf32 with cuBLAS 13.1.2, cuDNN 9.5.1; run folder ",
                "\nviews are made on the device, of the data set in its memory (");
        assertThat(folder.resolve("run/environment.json")).content().contains("\"precision\" : \"tf32\"",
                "\"cuBLAS 13.1.2\", \"cuDNN 9.5.1\"");
        Said said = train("--overwrite", "--precision", "bf16", "--no-cudnn", "--views", "host");
        assertThat(said.text).contains("; on cuda in bf16 with cuBLAS 13.1.2, no cuDNN (not wanted); run folder ",
                "\nviews are made on the host: as asked for\n");
        assertThat(said.code).isZero();
    }

    @Test
    void aPrecisionThatIsNotThereIsRefused() throws IOException, InterruptedException {
        environment.put("EMULATOR_CAPABILITY", "75");                   // Turing
        Said said = train("--precision", "bf16", "--no-cublas");
        assertThat(said.text).isEqualTo("ssl: --precision bf16: the device cuda in fp32 with no cuBLAS (not wanted), "
                + "cuDNN 9.5.1 has no such products.\n");
        assertThat(said.code).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("run")).doesNotExist();
    }
}
