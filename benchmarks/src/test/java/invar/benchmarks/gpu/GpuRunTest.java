package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.benchmarks.compare.Page;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs cases between two fake sides.
class GpuRunTest {

    private static final Plan TINY = new Plan(3, 0, 10, 10, 1024, 16, 64, 3600);

    @TempDir
    private Path folder;
    private Path page;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @BeforeEach
    void writeAPage() throws IOException {
        page = Files.writeString(folder.resolve("page.md"), "By hand.\n\n<!-- new blocks go here -->\n");
    }

    private int run(Plan plan, String ours, String theirs) throws Exception {
        Troubles troubles = new Troubles(new PrintStream(errors, true, StandardCharsets.UTF_8));
        Duration patience = Duration.ofSeconds(30);
        try (Party own = FakeParties.party(ours, folder, patience)) {
            Optional<Party> peer = theirs.isEmpty() ? Optional.empty()
                    : Optional.of(FakeParties.party(theirs, folder, patience));
            new GpuRun(plan, own, peer, Optional.of(new Page(page)), folder, troubles)
                    .measure(List.of(FakeParties.CASE, FakeParties.OTHER));
            peer.ifPresent(Party::close);
        }
        return troubles.status();
    }

    private List<String> sentences() {
        return errors.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private List<String> rows(String group) throws IOException {
        String text = Files.readString(page), begin = "<!-- measured: " + group + " -->\n";
        assertThat(text).contains(begin);
        return text.substring(text.indexOf(begin), text.indexOf("<!-- end: " + group)).lines()
                .filter(line -> line.startsWith("|")).skip(2).toList();
    }

    @Test
    void writesTimesRatiosAndVerdicts() throws Exception {
        assertThat(run(TINY, "works - 2", "works - 6")).isZero();
        assertThat(sentences()).isEmpty();
        List<String> rows = rows("losses");
        assertThat(rows).hasSize(4);
        assertThat(rows.getFirst()).startsWith("| a loss | tf32 | Invar, fused | 2.00 ms | 0 % | 1.0 TFLOP/s | "
                + "100 % (products) | 15 % (bytes) | 123 MB | 0.0e+00 |  | ");
        assertThat(rows.getFirst()).contains("reached: 2.00 x eager (3.00)", "**missed**: 4.00 x compile (3.00)",
                "**missed**: 0.90 of the roofline (0.15)", "reached: 0.50 of the copy rate (0.50)",
                "reached: < 1.00 GB");
        assertThat(rows.get(2)).startsWith("|  |  | PyTorch, eager | 6.00 ms |").contains("| 3.00 (3.00 … 3.00) |");
        assertThat(rows("passes")).hasSize(2);
        assertThat(Files.readString(page)).contains("By hand.", "1 of 4 cases; 3 rounds of at least 10 calls",
                "Data sheet of H100 80GB HBM3", "fake NVIDIA H100 80GB HBM3; fake");
    }

    @Test
    void namesACaseThatFailsAndGoesOn() throws Exception {
        assertThat(run(TINY, "fails prepare_ntxent/9/17_fused 2", "works - 6")).isEqualTo(1);
        assertThat(sentences()).containsExactly("gpu-bench: losses: a loss, tf32 failed: no such kernel.",
                "gpu-bench: 1 failure.");
        assertThat(rows("losses")).containsExactly(
                "| a loss | tf32 | Invar | failed: no such kernel | | | | | | | | |");
        assertThat(rows("passes")).hasSize(2);
    }

    @Test
    void leavesOutAFormThatIsWrong() throws Exception {
        assertThat(run(TINY, "works - 2", "errs compile 6")).isEqualTo(1);
        assertThat(sentences().getFirst()).startsWith("gpu-bench: losses: a loss, tf32: PyTorch, compile is left out: "
                + "its result is wrong: apart from that in float64 by 0.18");
        assertThat(rows("losses").getFirst()).contains("not judged: no compile", "reached: 2.00 x eager");
        assertThat(rows("losses").getLast()).startsWith("|  |  | PyTorch, compile | its result is wrong");
    }

    @Test
    void refusesToTimeOurWrongResult() throws Exception {
        assertThat(run(TINY, "errs prepare_ntxent/9/17_fused 2", "works - 6")).isEqualTo(1);
        assertThat(rows("losses")).singleElement().asString().contains("failed: its result is wrong");
    }

    @Test
    void takesTooLittleMemoryForNoFailureOfTheRun() throws Exception {
        assertThat(run(TINY, "works - 2", "fills prepare_ntxent/9/17_eager 6")).isZero();
        assertThat(rows("losses").getFirst()).contains("reached: eager is out of memory");
        assertThat(rows("losses").get(2)).startsWith("|  |  | PyTorch, eager | out of memory |");
    }

    @Test
    void measuresOursWithoutPyTorch() throws Exception {
        assertThat(run(TINY, "works - 2", "")).isZero();
        assertThat(rows("losses")).hasSize(2);
        assertThat(rows("losses").getFirst()).contains("not judged: no eager", "0.50 of the copy rate");
        assertThat(Files.readString(page)).contains("PyTorch did not take part");
    }

    @Test
    void goesOnAfterASideEnded() throws Exception {
        assertThat(run(TINY, "works - 2", "ends round_ntxent/9/17_compile 6")).isEqualTo(1);
        assertThat(sentences().getFirst()).contains("PyTorch, compile is left out: its process ended with status 3");
        assertThat(rows("passes")).hasSize(2);
    }

    @Test
    void beginsNoCaseAfterItsTime() throws Exception {
        assertThat(run(new Plan(3, 0, 10, 10, 1024, 16, 64, 0), "works - 2", "works - 6")).isEqualTo(1);
        assertThat(sentences()).contains("gpu-bench: losses: a loss, tf32 was not measured: the time of 0 s is over.");
        assertThat(Files.readString(page)).doesNotContain("measured: losses");
    }
}
