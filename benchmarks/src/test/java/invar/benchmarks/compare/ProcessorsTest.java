package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ProcessorsTest {

    private static final Path THREAD = Path.of("/proc/thread-self/status");

    private static int threads() {
        return Math.min(2, Processors.list(Processors.allowed(Path.of("/proc/self/status"))).size());
    }

    @Test
    void readsLists() {
        assertThat(Processors.list("0-2,5,7-8\n")).containsExactly(0, 1, 2, 5, 7, 8);
        assertThat(Processors.list("3")).containsExactly(3);
        assertThat(Processors.list("")).isEmpty();
    }

    @Test
    void takesOneProcessorOfEachCoreFirst() {
        List<Integer> allowed = List.of(0, 1, 2, 3, 6);
        assertThat(Processors.choose(2, allowed, p -> p / 2 * 2)).containsExactly(0, 2);
        assertThat(Processors.choose(4, allowed, p -> p / 2 * 2)).containsExactly(0, 2, 6, 1);
        assertThat(Processors.choose(3, allowed, p -> p)).containsExactly(0, 1, 2);
    }

    @Test
    void bindsNobodyIfThereAreFewerProcessorsThanThreads() {
        assertThat(Processors.choose(3, List.of(4, 5), p -> p)).isEmpty();
        assertThat(Processors.choose(1, List.of(), p -> p)).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void everyThreadOfATeamHasItsOwn() {
        int threads = threads();
        String[] allowed = new String[threads];
        String before = Processors.allowed(THREAD);
        try (Team team = new Team(threads, t -> allowed[t] = Processors.allowed(THREAD))) {
            team.call();
        }
        assertThat(allowed).doesNotHaveDuplicates().allMatch(list -> Processors.list(list).size() == 1);
        assertThat(Processors.allowed(THREAD)).as("the caller").isEqualTo(before);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void everyThreadInCHasItsOwn(@TempDir Path folder) throws IOException, InterruptedException {
        Path program = folder.resolve("ceilings");
        assumeThat(Stream.of(System.getenv("PATH").split(":")).anyMatch(bin -> Files.isExecutable(Path.of(bin, "cc"))))
                .as("a C compiler").isTrue();
        Process compiler = new ProcessBuilder("cc", "-pthread", "src/main/c/ceilings.c", "-o", program.toString())
                .inheritIO().start();
        assertThat(compiler.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
        List<String> command = List.of(program.toString(), Integer.toString(threads()));
        Library library = Library.start("C loop", command, Map.of(), folder.resolve("log"));
        try (library) {
            assertThat(library.who()).contains("a processor for each thread");
            library.prepare("ceiling-fill/1000", 0);
            Set<String> allowed = new TreeSet<>();
            try (Stream<Path> tasks = Files.list(Path.of("/proc/" + library.pid() + "/task"))) {
                tasks.forEach(task -> allowed.add(Processors.allowed(task.resolve("status"))));
            }
            assertThat(allowed).hasSize(threads()).allMatch(list -> Processors.list(list).size() == 1);
        }
    }
}
