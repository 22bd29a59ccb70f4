package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever lies where cuBLAS and cuDNN are looked for: the backend opens and computes, and one sentence says why a
/// library is not used.
@Timeout(60)
class LibraryOpeningTest {

    private static final String COMPUTED = "[7.0, 10.0, 15.0, 22.0] [10.0]";

    @TempDir
    Path temporary;

    /// The lines that [LibraryRun] prints, with these folders to search, or none named.
    private List<String> run(Map<String, String> variables, String folders, String... without)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary, "-D" + Driver.LIBRARY + "=" + System.getProperty(Driver.LIBRARY)));
        if (folders != null) command.add("-D" + VendorLibrary.FOLDERS + "=" + folders);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "invar.cuda.LibraryRun"));
        command.addAll(List.of(without));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left.filter(path -> path.getFileName().toString().contains("jcuda"))).isEmpty();
        }
        // of a file that is no library, the JVM warns that it may use a stack that can be executed
        return said.lines().filter(line -> !line.contains("stack guard") && !line.contains("execstack")).toList();
    }

    private static String in(String set, String file) {
        return StandIns.folder(set).resolve(file).toString();
    }

    @Test
    void takesTheLatestVersions() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("older") + ":" + StandIns.folder("modern"))).containsExactly(
                "cuBLAS 13.1.2, " + in("modern", "libcublas.so.13"), "cuDNN 9.5.1, " + in("modern", "libcudnn.so.9"),
                COMPUTED, "tf32 [cuBLAS 13.1.2, cuDNN 9.5.1]");
    }

    @Test
    void takesOlderVersionsWhereThereAreNoOthers() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("older").toString())).containsExactly(
                "cuBLAS 12.1.2, " + in("older", "libcublas.so.12"), "cuDNN 8.9.7, " + in("older", "libcudnn.so.8"),
                COMPUTED, "tf32 [cuBLAS 12.1.2, cuDNN 8.9.7]");
    }

    @Test
    void takesWhatTheDriverServes() throws IOException, InterruptedException {
        assertThat(run(Map.of("EMULATOR_VERSION", "12080"), StandIns.folder("modern") + ":"
                + StandIns.folder("older"))).startsWith("cuBLAS 12.1.2, " + in("older", "libcublas.so.12"))
                .endsWith(COMPUTED, "tf32 [cuBLAS 12.1.2, cuDNN 8.9.7]");
        assertThat(run(Map.of("EMULATOR_VERSION", "12080", "STANDIN_CUDART", "12080"), StandIns.folder("modern") + ":"
                + StandIns.folder("older"))).endsWith(COMPUTED, "tf32 [cuBLAS 12.1.2, cuDNN 9.5.1]");
        assertThat(run(Map.of("EMULATOR_VERSION", "12080"), StandIns.folder("modern").toString()))
                .startsWith("no cuBLAS: " + in("modern", "libcublas.so.13") + " needs a driver for CUDA 13");
    }

    @Test
    void multipliesInSinglePrecisionBeforeAmpere() throws IOException, InterruptedException {
        assertThat(run(Map.of("EMULATOR_CAPABILITY", "75"), StandIns.folder("modern").toString()))
                .endsWith(COMPUTED, "fp32 [cuBLAS 13.1.2, cuDNN 9.5.1]");
    }

    @Test
    void doesNotUseWhatIsTooOld() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("too-old").toString())).containsExactly(
                "no cuBLAS: " + in("too-old", "libcublas.so.13") + " is too old: it has no cublasGemmStridedBatchedEx",
                "no cuDNN: " + in("too-old", "libcudnn.so.9")
                        + " is too old: it has no cudnnGetConvolutionForwardAlgorithm_v7",
                COMPUTED, "tf32 [no cuBLAS (" + in("too-old", "libcublas.so.13")
                        + " is too old: it has no cublasGemmStridedBatchedEx), no cuDNN ("
                        + in("too-old", "libcudnn.so.9")
                        + " is too old: it has no cudnnGetConvolutionForwardAlgorithm_v7)]");
    }

    @Test
    void doesNotUseHalfOfAnInstallation() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("incomplete").toString())).contains(
                "no cuBLAS: " + in("incomplete", "libcublas.so.13")
                        + " is not complete: libcublasLt.so.13 is not beside it",
                "no cuDNN: " + in("incomplete", "libcudnn.so.9")
                        + " is not complete: libcudnn_heuristic.so.9 is not beside it", COMPUTED);
        assertThat(run(Map.of(), StandIns.folder("incomplete") + ":" + StandIns.folder("modern")))
                .endsWith(COMPUTED, "tf32 [cuBLAS 13.1.2, cuDNN 9.5.1]");
    }

    @Test
    void doesNotUseWhatCannotBeLoaded() throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temporary.resolve("damaged"));
        try (Stream<Path> files = Files.list(StandIns.folder("modern"))) {
            for (Path file : files.toList()) Files.copy(file, folder.resolve(file.getFileName()));
        }
        Files.writeString(folder.resolve("libcublas.so.13"), "not a library");
        assertThat(run(Map.of(), folder.toString())).satisfiesExactly(
                line -> assertThat(line).isEqualTo("no cuBLAS: " + folder.resolve("libcublas.so.13")
                        + " cannot be loaded: libcublas.so.13: file too short"),
                line -> assertThat(line).isEqualTo("no cuDNN: " + folder.resolve("libcudnn.so.9")
                        + " needs cuBLAS, which is not found"),
                line -> assertThat(line).isEqualTo(COMPUTED),
                line -> assertThat(line).startsWith("tf32 [no cuBLAS ("));
    }

    /// The loader maps a file that is cut off, and reading it there ends the process. Whatever is left of it, computing
    /// goes on with the project's kernels.
    @ParameterizedTest
    @CsvSource({"libcublas.so.13, 1", "libcublas.so.13, 10", "libcublas.so.13, 50", "libcudnn.so.9, 20",
        "libcudnn.so.9, 60", "libcudnn_ops.so.9, 50"})
    void doesNotUseWhatIsCutOff(String name, int percent) throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temporary.resolve("cut"));
        try (Stream<Path> files = Files.list(StandIns.folder("modern"))) {
            for (Path file : files.toList()) Files.copy(file, folder.resolve(file.getFileName()));
        }
        byte[] whole = Files.readAllBytes(folder.resolve(name));
        Files.write(folder.resolve(name), Arrays.copyOf(whole, whole.length * percent / 100));
        assertThat(run(Map.of(), folder.toString())).contains(COMPUTED)
                .anySatisfy(line -> assertThat(line).startsWith("no cu").endsWith(" cannot be loaded: " + name
                        + " is cut off"));
    }

    /// Both are called libcudnn.so.9; the one for CUDA 12 wants the cuBLAS of CUDA 12, and ends the process without it.
    @Test
    void doesNotUseCudnnOfAnotherCuda() throws IOException, InterruptedException {
        String why = in("modern", "libcudnn.so.9") + " is for CUDA 12, and the cuBLAS that was found for CUDA 13";
        assertThat(run(Map.of("STANDIN_CUDART", "12080"), StandIns.folder("modern").toString())).containsExactly(
                "cuBLAS 13.1.2, " + in("modern", "libcublas.so.13"), "no cuDNN: " + why, COMPUTED,
                "tf32 [cuBLAS 13.1.2, no cuDNN (" + why + ")]");
    }

    /// The loader knows libraries by name: what is loaded second under the name of the first would not be called.
    @Test
    void doesNotLoadASecondFileOfTheSameName() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("too-old") + ":" + StandIns.folder("modern"))).contains(COMPUTED,
                "no cuBLAS: " + in("too-old", "libcublas.so.13") + " is too old: it has no cublasGemmStridedBatchedEx");
    }

    /// Parts of cuDNN load it, and end the process where they do not find it.
    @Test
    void doesNotUseCudnnWithoutCublas() throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temporary.resolve("alone"));
        try (Stream<Path> files = Files.list(StandIns.folder("modern"))) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("libcudnn")).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        assertThat(run(Map.of(), folder.toString())).contains(COMPUTED, "no cuDNN: " + folder.resolve("libcudnn.so.9")
                + " needs cuBLAS, which is not found");
    }

    @Test
    void doesNotUseWhatDoesNotStart() throws IOException, InterruptedException {
        String modern = StandIns.folder("modern").toString();
        assertThat(run(Map.of("STANDIN_CUBLAS_CREATE", "1"), modern)).endsWith(COMPUTED,
                "tf32 [no cuBLAS (cuBLAS refuses cublasCreate: CUBLAS_STATUS_NOT_INITIALIZED), cuDNN 9.5.1]");
        assertThat(run(Map.of("STANDIN_CUDNN_CREATE", "1001"), modern)).endsWith(COMPUTED,
                "tf32 [cuBLAS 13.1.2, no cuDNN (cuDNN refuses cudnnCreate: CUDNN_STATUS_NOT_INITIALIZED)]");
    }

    @Test
    void doesNotUseWhatIsNotWanted() throws IOException, InterruptedException {
        assertThat(run(Map.of(), StandIns.folder("modern").toString(), "cublas", "cudnn"))
                .endsWith(COMPUTED, "tf32 [no cuBLAS (not wanted), no cuDNN (not wanted)]");
    }

    @Test
    void worksWithoutAny() throws IOException, InterruptedException {
        String why = "there is no libcublas.so.13 or libcublas.so.12 in " + temporary;
        assertThat(run(Map.of(), temporary.toString())).startsWith("no cuBLAS: " + why).contains(COMPUTED);
        assertThat(run(Map.of(), null)).startsWith("no cuBLAS: -Dinvar.cuda.libraries does not say where it is")
                .contains(COMPUTED);
    }

    /// Folders of others for temporary files may hold anything.
    @Test
    void doesNotLoadWhatSomebodyLeftForIt() throws IOException, InterruptedException {
        Files.writeString(temporary.resolve("libJCublas2-12.6.0-linux-x86_64.so"), "planted");
        Files.writeString(temporary.resolve("libJCudnn-12.6.0-linux-x86_64.so"), "planted");
        assertThat(run(Map.of(), StandIns.folder("modern").toString()))
                .endsWith(COMPUTED, "tf32 [cuBLAS 13.1.2, cuDNN 9.5.1]");
    }
}
