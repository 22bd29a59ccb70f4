package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// `ceilings.c`, where there is a C compiler.
@EnabledOnOs(OS.LINUX)
class CeilingsProgramTest {

    @TempDir
    private static Path folder;

    @BeforeAll
    static void compile() throws IOException, InterruptedException {
        assumeThat(Stream.of(System.getenv("PATH").split(":")).anyMatch(bin -> Files.isExecutable(Path.of(bin, "cc"))))
                .as("a C compiler").isTrue();
        Process compiler = new ProcessBuilder("cc", "-Wall", "-Wextra", "-Werror", "-pthread",
                "src/main/c/ceilings.c", "-o", folder.resolve("ceilings").toString()).inheritIO().start();
        assertThat(compiler.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
    }

    private static Library start(int threads) throws IOException {
        List<String> command = List.of(folder.resolve("ceilings").toString(), Integer.toString(threads));
        return Library.start("C loop", command, Map.of(), folder.resolve("log"));
    }

    @Test
    void givesEveryThreadAProcessor() throws IOException {
        int threads = ProcessorsTest.threads();
        try (Library library = start(threads)) {
            assertThat(library.who()).contains("a processor for each thread");
            library.prepare("ceiling-fill/1000", 0);
            Set<String> allowed = new TreeSet<>();
            try (Stream<Path> tasks = Files.list(Path.of("/proc/" + library.pid() + "/task"))) {
                tasks.forEach(task -> allowed.add(Processors.allowed(task.resolve("status"))));
            }
            assertThat(allowed).hasSize(threads).allMatch(list -> Processors.list(list).size() == 1);
        }
    }

    /// A fill of 4 KB takes a thousandth of the time of any of the others.
    @Test
    void keepsSeveralCasesApart() throws IOException {
        try (Library library = start(1)) {
            library.prepare("ceiling-update/10000000", 0);
            library.prepare("ceiling-fill/1000", 0);
            library.prepare("ceiling-map/10000000", 0);
            double small = library.round("ceiling-fill/1000", 0.02).seconds();
            assertThat(library.round("ceiling-update/10000000", 0).seconds()).isGreaterThan(20 * small);
            assertThat(library.round("ceiling-map/10000000", 0).seconds()).isGreaterThan(20 * small);
        }
    }

    @Test
    void refusesWhatIsNotPrepared() throws IOException {
        try (Library library = start(1)) {
            library.prepare("ceiling-fill/1000", 0);
            library.release("ceiling-fill/1000");
            assertThatThrownBy(() -> library.round("ceiling-fill/1000", 0)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not understood");
            assertThatThrownBy(() -> library.prepare("ceiling-copy/1000", 0)).hasMessageContaining("no such case");
        }
    }
}
