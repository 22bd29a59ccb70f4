package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.nn.io.Safetensors;
import invar.nn.io.StoredTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckTest {

    private static final String RELU = "relu/x4x7.safetensors", KNN = "knn/bank50_b10_d8_c5_k1_t0p07.safetensors";

    @TempDir
    private Path temporary;

    private Path golden, mine;
    private final StringWriter out = new StringWriter(), err = new StringWriter();

    @BeforeEach
    void copyTwoCases() throws IOException, URISyntaxException {
        golden = Path.of(CheckTest.class.getResource("/golden").toURI());
        mine = temporary.resolve("mine");
        for (String name : List.of(RELU, KNN)) {
            Files.createDirectories(mine.resolve(name).getParent());
            Files.copy(golden.resolve(name), mine.resolve(name));
        }
    }

    @Test
    void endsWithZeroIfEveryCasePasses() {
        assertThat(check(mine.toString())).isEqualTo(ExitCode.OK);
        assertThat(out.toString().lines().toList()).hasSize(4).satisfies(lines -> {
            assertThat(lines.get(0))
                    .matches("ok {3}knn/bank50_b10_d8_c5_k1_t0p07 +\\d\\.\\d\\d of tolerance \\(\\w+\\)");
            assertThat(lines.get(1)).matches("ok {3}relu/x4x7 +0\\.00 of tolerance \\(y\\)");
            assertThat(lines.get(2)).matches("2 passed, 0 failed in \\d+\\.\\d s");
            assertThat(lines.get(3)).startsWith("on reference: plain loops in double precision");
        });
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void endsWithOneIfAValueIsWrong() throws IOException {
        Safetensors content = Safetensors.read(mine.resolve(RELU));
        float[] y = content.tensor("y").floats();
        y[5] += 1;
        rewrite(mine.resolve(RELU), content.metadata(), Map.of("y", StoredTensor.of(y, 4, 7)));
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).containsPattern("FAIL relu/x4x7 +y\\[0] is off by 1.00, but \\S+ is allowed")
                .contains("1 passed, 1 failed");
    }

    @Test
    void endsWithOneIfAnOutputIsNotComputed() throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>(Safetensors.read(mine.resolve(RELU)).metadata());
        metadata.put("outputs", "y,grad_x,entropy");
        rewrite(mine.resolve(RELU), metadata, Map.of("entropy", StoredTensor.of(new float[] {0})));
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("entropy was not computed");
    }

    @Test
    void endsWithOneIfTheOpIsUnknown() throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>(Safetensors.read(mine.resolve(RELU)).metadata());
        metadata.put("op", "warp");
        rewrite(mine.resolve(RELU), metadata, Map.of());
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).containsPattern("FAIL warp/x4x7 +the op warp is not supported");
    }

    @Test
    void endsWithOneIfAnInputHasTheWrongShape() throws IOException {
        rewrite(mine.resolve(RELU), Safetensors.read(mine.resolve(RELU)).metadata(),
                Map.of("grad_y", StoredTensor.of(new float[3], 3)));
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).containsPattern("FAIL relu/x4x7 +the seed has shape \\(3\\), not y's \\(4, 7\\)");
    }

    @Test
    void endsWithOneIfASettingIsMissingOrMalformed() throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>(Safetensors.read(mine.resolve(KNN)).metadata());
        metadata.put("k", "many");
        rewrite(mine.resolve(KNN), metadata, Map.of());
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("the metadata's k must be an integer but is 'many'");
        metadata.remove("k");
        rewrite(mine.resolve(KNN), metadata, Map.of());
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("the metadata has no k");
    }

    @Test
    void endsWithOneIfAFileIsTruncated() throws IOException {
        byte[] bytes = Files.readAllBytes(mine.resolve(RELU));
        Files.write(mine.resolve(RELU), Arrays.copyOf(bytes, bytes.length - 4));
        assertThat(check(mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("FAIL " + mine.resolve(RELU), "truncated", "1 passed, 1 failed");
    }

    @Test
    void endsWithOneIfAFileIsNoGoldenFile() throws IOException {
        Path text = Files.writeString(temporary.resolve("notes.txt"), "no tensors");
        Path weights = temporary.resolve("x.safetensors");
        new Safetensors(Map.of(), Map.of("x", StoredTensor.of(new float[] {1}, 1))).write(weights);
        assertThat(check(text.toString(), weights.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("this is no golden file: its metadata has no op", "0 passed, 2 failed");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void refusesWhatIsNotThereBeforeWorkBegins() throws IOException {
        assertThat(check(mine.toString(), temporary.resolve("nowhere").toString())).isEqualTo(ExitCode.USAGE);
        Path empty = Files.createDirectory(temporary.resolve("empty"));
        assertThat(check(empty.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(check()).isEqualTo(ExitCode.USAGE);
        assertThat(check("--device", "abacus", mine.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .contains("There is no file or folder " + temporary.resolve("nowhere") + ".")
                .contains("There is no .safetensors file in the folder " + empty + ".")
                .contains("no device 'abacus'");
    }

    @Test
    void savesWhatWasComputedUnderTheSameNames() throws IOException {
        Path computed = temporary.resolve("computed");
        assertThat(check("--out", computed.toString(), mine.toString())).isEqualTo(ExitCode.OK);
        for (String name : List.of(RELU, KNN)) {
            Safetensors expected = Safetensors.read(mine.resolve(name));
            Safetensors actual = Safetensors.read(computed.resolve(name));
            String[] outputs = expected.metadata().get("outputs").split(",");
            assertThat(actual.tensors().keySet()).containsExactlyInAnyOrder(outputs);
            actual.tensors().forEach((tensor, value) -> {
                assertThat(value.type()).isEqualTo(expected.tensor(tensor).type());
                assertThat(value.shape()).isEqualTo(expected.tensor(tensor).shape());
            });
        }
        assertThat(Safetensors.read(computed.resolve(RELU)).tensor("y").floats())
                .containsExactly(Safetensors.read(mine.resolve(RELU)).tensor("y").floats());
        assertThat(Safetensors.read(computed.resolve(KNN)).tensor("prediction").longs())
                .containsExactly(Safetensors.read(mine.resolve(KNN)).tensor("prediction").longs());
    }

    @Test
    void savesASingleFileUnderItsFolderAndName() {
        Path computed = temporary.resolve("computed");
        assertThat(check("--out", computed.toString(), mine.resolve(RELU).toString())).isEqualTo(ExitCode.OK);
        assertThat(computed.resolve(RELU)).isRegularFile();
        assertThat(computed.resolve(KNN)).doesNotExist();
    }

    @Test
    void savesWhatWasComputedForAFailedCaseToo() throws IOException {
        Safetensors content = Safetensors.read(mine.resolve(RELU));
        rewrite(mine.resolve(RELU), content.metadata(), Map.of("y", StoredTensor.of(new float[28], 4, 7)));
        Path computed = temporary.resolve("computed");
        assertThat(check("--out", computed.toString(), mine.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(Safetensors.read(computed.resolve(RELU)).tensor("y").floats())
                .containsExactly(content.tensor("y").floats());
    }

    @Test
    void refusesToOverwriteGoldenFilesOrResults() throws IOException {
        byte[] before = Files.readAllBytes(mine.resolve(RELU));
        assertThat(check("--out", mine.toString(), mine.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("would overwrite the golden file");
        assertThat(Files.readAllBytes(mine.resolve(RELU))).containsExactly(before);
        assertThat(check("--out", temporary.resolve("o").toString(), mine.toString(), golden.toString()))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("would both be written to");
        assertThat(temporary.resolve("o")).doesNotExist();
    }

    @Test
    void listsTheOpsItSupports() {
        assertThat(check("--list")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().lines()).contains("nt_xent", "resnet", "rotate90", "lars").isSorted();
    }

    /// Replaces some tensors and the metadata of a file.
    private static void rewrite(Path file, Map<String, String> metadata, Map<String, StoredTensor> changed)
            throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>(Safetensors.read(file).tensors());
        tensors.putAll(changed);
        new Safetensors(metadata, tensors).write(file);
    }

    /// Runs the command, on the reference backend unless told otherwise.
    private int check(String... args) {
        List<String> all = new ArrayList<>(List.of("check"));
        if (!List.of(args).contains("--device")) all.addAll(List.of("--device", "reference"));
        all.addAll(List.of(args));
        return Ssl.run(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }
}
