package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessorsTest {

    private static final Path THREAD = Path.of("/proc/thread-self/status");

    /// Two, or one where there are no two processors.
    static int threads() {
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
}
