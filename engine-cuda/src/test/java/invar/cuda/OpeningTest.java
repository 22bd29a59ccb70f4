package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where there is no device that can be used, one sentence says why, and `auto` takes another one.
@Timeout(60)
class OpeningTest {

    @TempDir
    Path folder;

    /// What [Opening] prints, on the emulator, with these of its variables.
    private static String opening(String device, Map<String, String> variables, String driver, List<Path> classes)
            throws IOException, InterruptedException {
        StringBuilder path = new StringBuilder();
        for (Path first : classes) path.append(first).append(File.pathSeparator);
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp",
                path + System.getProperty("java.class.path")));
        if (driver != null) command.add(1, "-D" + Driver.LIBRARY + "=" + driver);
        command.add("invar.cuda.Opening");
        command.addAll(List.of(device.split(" ")));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static String onEmulator(String device, String... variable) throws IOException, InterruptedException {
        Map<String, String> variables = variable.length == 0 ? Map.of() : Map.of(variable[0], variable[1]);
        return opening(device, variables, System.getProperty(Driver.LIBRARY), List.of());
    }

    @Test
    void opensTheDeviceAndComputes() throws IOException, InterruptedException {
        assertThat(onEmulator("cuda")).isEqualTo("cuda 4.0 []");
        assertThat(onEmulator("cuda:1", "EMULATOR_DEVICES", "2")).isEqualTo("cuda 4.0 []");
        assertThat(onEmulator("auto")).isEqualTo("cuda 4.0 []");
    }

    /// Compute capability 7.5 is Turing, whose tensor cores take neither; 8.0 is Ampere.
    @Test
    void theDeviceIsAsPreciseAsItCanBeAndMayBe() throws IOException, InterruptedException {
        assertThat(onEmulator("cuda tf32", "EMULATOR_CAPABILITY", "75")).isEqualTo("fp32 cuda 4.0 []");
        assertThat(onEmulator("cuda bf16", "EMULATOR_CAPABILITY", "80")).isEqualTo("bf16 cuda 4.0 []");
        assertThat(onEmulator("cuda fp32", "EMULATOR_CAPABILITY", "90")).isEqualTo("fp32 cuda 4.0 []");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "EMULATOR_VERSION | 11080 | cuda | the NVIDIA driver is for CUDA 11.8, and CUDA 12.0 (driver 525) or later is "
            + "needed",
        "EMULATOR_INIT | 100 | cuda | the NVIDIA driver finds no device",
        "EMULATOR_INIT | 999 | cuda | the NVIDIA driver does not start: CUDA_ERROR_UNKNOWN",
        "EMULATOR_DEVICES | 0 | cuda | the NVIDIA driver finds no device",
        "EMULATOR_DEVICES | 1 | cuda:7 | there is no device cuda:7: the driver finds one, cuda:0",
        "EMULATOR_DEVICES | 2 | cuda:2 | there is no device cuda:2: the driver finds 2, cuda:0 to cuda:1",
        "EMULATOR_CAPABILITY | 60 | cuda | the device cuda:0 has compute capability 6.0, and 7.5 (Turing) or later is "
            + "needed"})
    void saysWhyADeviceCannotBeUsed(String variable, String value, String device, String why)
            throws IOException, InterruptedException {
        assertThat(onEmulator(device, variable, value))
                .isEqualTo("device '" + device + "' cannot be used here: " + why);
    }

    /// A device that is full, or that another program has to itself: not a mistake in this program. Whatever had been
    /// done before is undone.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "cuDriverGetVersion 999 | cuDriverGetVersion: CUDA_ERROR_UNKNOWN",
        "cuDevicePrimaryCtxRetain 46 | cuDevicePrimaryCtxRetain: CUDA_ERROR_DEVICE_UNAVAILABLE; another program may "
            + "have the device to itself",
        "cuDevicePrimaryCtxRetain 2 | cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY; other programs may be using "
            + "the device's memory",
        "cuStreamCreate 2 | cuStreamCreate: CUDA_ERROR_OUT_OF_MEMORY; other programs may be using the device's memory",
        "cuMemHostAlloc 2 1 | cuMemHostAlloc: CUDA_ERROR_OUT_OF_MEMORY; other programs may be using the device's "
            + "memory",
        "cuEventCreate 2 1 | cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY; other programs may be using the device's memory",
        "cuModuleLoadData 2 | cuModuleLoadData for augment.ptx: CUDA_ERROR_OUT_OF_MEMORY; other programs may be using "
            + "the device's memory",
        "cuModuleLoadData 700 | cuModuleLoadData for augment.ptx: CUDA_ERROR_ILLEGAL_ADDRESS"})
    void whatTheDriverRefusesWhileOpeningIsOneSentence(String call, String why)
            throws IOException, InterruptedException {
        assertThat(onEmulator("cuda", "EMULATOR_REFUSE", call))
                .isEqualTo("device 'cuda' cannot be used here: the CUDA driver refused " + why);
        assertThat(opening("auto", Map.of("EMULATOR_REFUSE", call), System.getProperty(Driver.LIBRARY),
                List.of(withPlainProvider()))).isEqualTo("plain 4.0 [cuda: the CUDA driver refused " + why + "]");
    }

    /// The folder for temporary files is needed to unpack JCuda.
    @Test
    void autoGoesOnWithoutAFolderForTemporaryFiles() throws IOException, InterruptedException {
        assertThat(opening("auto", Map.of("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=/nowhere"),
                System.getProperty(Driver.LIBRARY), List.of(withPlainProvider())))
                .endsWith("\nplain 4.0 [cuda: JCuda cannot be loaded: the folder for temporary files, /nowhere, does "
                        + "not exist]");
    }

    @Test
    void saysThatThereIsNoDriver() throws IOException, InterruptedException {
        assertThat(opening("cuda", Map.of("LD_LIBRARY_PATH", ""), "/nowhere/libcuda.so.1", List.of()))
                .startsWith("device 'cuda' cannot be used here: the driver that -Dinvar.cuda.driver names cannot be "
                        + "loaded: ").doesNotContain("\n");
    }

    /// Classes by which `plain` is a device.
    private Path withPlainProvider() throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve("invar.core.spi.BackendProvider"), "invar.cuda.PlainProvider\n");
        return folder;
    }

    @Test
    void autoTakesTheNextBestAndSaysWhy() throws IOException, InterruptedException {
        assertThat(opening("auto", Map.of("EMULATOR_VERSION", "11080"), System.getProperty(Driver.LIBRARY),
                List.of(withPlainProvider()))).isEqualTo("plain 4.0 [cuda: the NVIDIA driver is for CUDA 11.8, and "
                        + "CUDA 12.0 (driver 525) or later is needed]");
    }

    @Test
    void kernelsThatAreDamagedAreNotUsed() throws IOException, InterruptedException {
        Path kernels = Files.createDirectories(folder.resolve("invar/kernels"));
        Files.writeString(kernels.resolve("index.txt"), "affine pointwise\n");
        Files.write(kernels.resolve("pointwise.ptx"), new byte[] {1, 2, 3});
        assertThat(opening("cuda", Map.of(), System.getProperty(Driver.LIBRARY), List.of(folder)))
                .isEqualTo("device 'cuda' cannot be used here: the driver does not take the kernels in pointwise.ptx: "
                        + "CUDA_ERROR_INVALID_PTX; the program's file may be damaged");
        assertThat(opening("auto", Map.of(), System.getProperty(Driver.LIBRARY), List.of(withPlainProvider())))
                .startsWith("plain 4.0 [cuda: the driver does not take the kernels in pointwise.ptx");
    }

    /// The driver takes such a file, and would miss the kernel in the midst of a run.
    @Test
    void aFileOfKernelsWithoutOneOfThemIsNotUsed() throws IOException, InterruptedException {
        Path kernels = Files.createDirectories(folder.resolve("invar/kernels"));
        try (InputStream ptx = Kernels.class.getResourceAsStream(Kernels.FOLDER + "pointwise.ptx")) {
            String text = new String(ptx.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).contains(".entry affine(");
            Files.writeString(kernels.resolve("pointwise.ptx"), text.replace(".entry affine(", ".entry affine_("));
        }
        Files.writeString(kernels.resolve("index.txt"), "affine pointwise\n");
        String sentence = "the program's file is damaged, or was built without its kernels: pointwise.ptx has no entry "
                + "point affine";
        assertThat(opening("cuda", Map.of(), System.getProperty(Driver.LIBRARY), List.of(folder)))
                .isEqualTo("device 'cuda' cannot be used here: " + sentence);
        assertThat(opening("auto", Map.of(), System.getProperty(Driver.LIBRARY), List.of(withPlainProvider())))
                .isEqualTo("plain 4.0 [cuda: " + sentence + "]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "218 | CUDA_ERROR_INVALID_PTX; the program's file may be damaged",
        "222 | CUDA_ERROR_UNSUPPORTED_PTX_VERSION; a newer driver is needed",
        "209 | CUDA_ERROR_NO_BINARY_FOR_GPU; they are not for this device"})
    void saysWhyTheDriverDoesNotTakeKernels(String status, String why) throws IOException, InterruptedException {
        assertThat(onEmulator("cuda", "EMULATOR_REFUSE", "cuModuleLoadData " + status))
                .isEqualTo("device 'cuda' cannot be used here: the driver does not take the kernels in augment.ptx: "
                        + why);
    }

    @Test
    void aDriverThatCannotBeLoadedIsNotCalledAbsent() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("libcuda.so.1"), "hello");
        assertThat(opening("cuda", Map.of("LD_LIBRARY_PATH", folder.toString()), null, List.of()))
                .startsWith("device 'cuda' cannot be used here: the NVIDIA driver cannot be loaded: " + folder
                        + "/libcuda.so.1: ").doesNotContain("\n");
    }

    /// JCuda's first call of such a library would end the JVM.
    @Test
    void aLibraryThatIsNoDriverIsRefused() throws IOException, InterruptedException {
        String other = Path.of(System.getProperty("java.home"), "lib", "libsyslookup.so").toString();
        assertThat(opening("cuda", Map.of(), other, List.of()))
                .isEqualTo("device 'cuda' cannot be used here: " + other + " is not NVIDIA's driver: it has no cuInit");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | index.txt is not a list of kernels and their files",
        "'affine' | index.txt is not a list of kernels and their files",
        "'affine vanished' | vanished.ptx is missing"})
    void kernelsThatAreMissingAreNotUsed(String index, String why) throws IOException, InterruptedException {
        Path kernels = Files.createDirectories(folder.resolve("invar/kernels"));
        Files.writeString(kernels.resolve("index.txt"), index);
        String sentence = "the program's file is damaged, or was built without its kernels: " + why;
        assertThat(opening("cuda", Map.of(), System.getProperty(Driver.LIBRARY), List.of(folder)))
                .isEqualTo("device 'cuda' cannot be used here: " + sentence);
        assertThat(opening("auto", Map.of(), System.getProperty(Driver.LIBRARY), List.of(withPlainProvider())))
                .isEqualTo("plain 4.0 [cuda: " + sentence + "]");
    }
}
