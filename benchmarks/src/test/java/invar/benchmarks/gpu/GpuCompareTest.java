package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command, in a process of its own: what it says and how it ends where there is nothing to measure.
class GpuCompareTest {

    private record Ended(int status, String text) {}

    @TempDir
    private Path folder;

    private Ended run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Dbench.device=cuda:99",
                "-Dbench.folder=" + folder, "-cp", System.getProperty("java.class.path"), GpuCompare.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String own = String.join("\n", text.lines().filter(line -> !line.startsWith("WARNING")).toList());
        return new Ended(process.waitFor(), own);
    }

    @Test
    void saysThatThereIsNoGpu() throws Exception {
        Ended ended = run("--quick");
        assertThat(ended.status).isEqualTo(2);
        assertThat(ended.text).startsWith("gpu-bench: there is no GPU to measure on: device 'cuda:99' cannot be used")
                .hasLineCount(1);
    }

    @Test
    void refusesOptionsThatThereAreNot() throws Exception {
        assertThat(run("--fast")).isEqualTo(new Ended(2,
                "gpu-bench: no option is called --fast: there are --quick, --only, --list, --help."));
        assertThat(run("--only", "nonsense")).isEqualTo(new Ended(2,
                "gpu-bench: no case contains 'nonsense': --list prints them."));
        assertThat(run("--only")).isEqualTo(new Ended(2, "gpu-bench: --only needs a value."));
    }

    @Test
    void listsTheCasesOfAQuickRun() throws Exception {
        Ended quick = run("--quick", "--list"), full = run("--list");
        assertThat(quick.status).isZero();
        assertThat(quick.text.lines()).contains("step  simclr/512/32/64  bf16", "ntxent  ntxent/32768/128  bf16")
                .doesNotHaveDuplicates();
        assertThat(full.text.lines()).containsAll(quick.text.lines().toList()).hasSize(GpuCases.all().size());
        assertThat(run("--help").text).contains("The exit status is 0 if nothing failed");
    }
}
