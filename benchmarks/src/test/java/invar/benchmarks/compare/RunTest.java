package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs whole groups of cases against [FakeChild]ren.
class RunTest {

    private static final String OLD = "the old table\n";

    @TempDir
    private Path folder;
    private Path page;
    private final Map<Libraries, String> behaviour = new EnumMap<>(Libraries.class);
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    /// `behaviour` says what a library does, `absent` that it is not installed; a library not named works.
    private final class Fakes implements Starter {
        @Override
        public List<Library> start(Libraries kind) throws IOException, Absent {
            String what = behaviour.getOrDefault(kind, "works -");
            if (what.equals("absent")) throw new Absent("install it");
            return List.of(started(kind.title(), what));
        }

        @Override
        public Library small(int megabytes) throws IOException {
            return started("small", behaviour.getOrDefault(Libraries.INVAR, "works -"));
        }

        private Library started(String label, String what) throws IOException {
            return Library.start(label, Library.java(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto"),
                    System.getProperty("java.class.path"), FakeChild.class.getName(), what.split(" ")), Map.of(),
                    folder.resolve("log"));
        }
    }

    @BeforeEach
    void writeAPage() throws IOException {
        page = folder.resolve("performance.md");
        StringBuilder text = new StringBuilder();
        for (String group : List.of("batchnorm", "queue", "cosine", "sgemm", "large")) {
            text.append("<!-- measured: ").append(group).append(", 2 threads -->\n").append(OLD);
            text.append("<!-- end: ").append(group).append(", 2 threads -->\n");
        }
        Files.writeString(page, text);
    }

    private int run(String... groups) {
        Map<String, List<Case>> cases = new LinkedHashMap<>();
        for (String group : groups) cases.put(group, Cases.of(group));
        return run(cases);
    }

    private int run(Map<String, List<Case>> cases) {
        Failures failures = new Failures(new PrintStream(errors, true, StandardCharsets.UTF_8));
        Measurement.Plan plan = new Measurement.Plan(1, 0.002, 0, 0.01);
        try (Roster roster = new Roster(2, new Fakes())) {
            new Run(plan, roster, "", Optional.of(new Page(page)), failures).measure(cases);
        }
        return failures.status();
    }

    private String table(String group) throws IOException {
        String text = Files.readString(page), begin = "<!-- measured: " + group + ", 2 threads -->\n";
        return text.substring(text.indexOf(begin) + begin.length(), text.indexOf("<!-- end: " + group));
    }

    private List<String> sentences() {
        return errors.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void writesTheTablesOfGroupsWithoutFailure() throws IOException {
        assertThat(run("batchnorm", "large")).isZero();
        assertThat(table("batchnorm")).contains("### batchnorm, 2 threads", "| libtorch, libtorch |")
                .containsPattern(": 1.50 x \\||not judged: the machine was disturbed \\|");
        assertThat(table("large")).contains("of memory, asked < 1000 MB");
        assertThat(sentences()).isEmpty();
    }

    @Test
    void keepsTheTableOfAGroupThatLostAPeer() throws IOException {
        behaviour.put(Libraries.TORCH, "errs batchnorm");
        assertThat(run("batchnorm", "queue")).isEqualTo(1);
        assertThat(table("batchnorm")).isEqualTo(OLD);
        assertThat(table("queue")).contains("| libtorch, libtorch |", "| Invar, composed |");
        assertThat(sentences()).containsExactly(
                "bench: batchnorm, 2 threads: batch norm 64x64x32x32, forward + backward: libtorch, libtorch is left "
                        + "out: its result differs from ours: 3.1, not 3.0, at place 2.",
                "bench: 1 failure; not written: batchnorm, 2 threads.");
    }

    @Test
    void keepsTheTableOfAGroupThatFailedItsCheck() throws IOException {
        behaviour.put(Libraries.INVAR, "throws queue");
        assertThat(run("queue", "batchnorm")).isEqualTo(1);
        assertThat(table("queue")).isEqualTo(OLD);
        assertThat(table("batchnorm")).contains("### batchnorm");
        assertThat(sentences()).hasSize(2);
        assertThat(sentences().getFirst()).startsWith("bench: queue, 2 threads: InfoNCE").contains("no such kernel");
    }

    @Test
    void startsAProcessAnewThatEnded() throws IOException {
        behaviour.put(Libraries.TORCH, "ends batchnorm");
        behaviour.put(Libraries.INVAR, "ends cosine");
        assertThat(run("batchnorm", "cosine", "queue")).isEqualTo(1);
        assertThat(table("batchnorm")).isEqualTo(OLD);
        assertThat(table("cosine")).isEqualTo(OLD);
        assertThat(table("queue")).contains("| Invar |", "| libtorch, libtorch |");
        assertThat(sentences()).hasSize(3);
        assertThat(sentences().getFirst()).contains("libtorch, libtorch: its process ended with status 3");
    }

    @Test
    void keepsTheTableOfAGroupWhoseLargestCaseFails() throws IOException {
        behaviour.put(Libraries.INVAR, "ends ntxent");
        assertThat(run("large", "batchnorm")).isEqualTo(1);
        assertThat(table("large")).isEqualTo(OLD);
        assertThat(table("batchnorm")).contains("### batchnorm");
    }

    @Test
    void failsWhereALibraryDoesNotStart() throws IOException {
        behaviour.put(Libraries.COMPOSED, "vanishes");
        assertThat(run("queue", "batchnorm")).isEqualTo(1);
        assertThat(table("queue")).isEqualTo(OLD);
        assertThat(table("batchnorm")).contains("### batchnorm");
        assertThat(sentences().getFirst()).contains("its process ended before it answered");
    }

    @Test
    void announcesAnOptionalLibraryAndFailsOnlyWhereABarIsSetAgainstIt() throws IOException {
        behaviour.put(Libraries.C_CEILING, "absent");
        behaviour.put(Libraries.OPENBLAS, "absent");
        assertThat(run("cosine", "sgemm")).isEqualTo(1);
        assertThat(table("cosine")).contains("fake. Not taking part: ceilings in C (install it).\n");
        assertThat(table("sgemm")).isEqualTo(OLD);
        assertThat(sentences()).hasSize(1 + Cases.of("sgemm").size());
        assertThat(sentences().getFirst()).endsWith("OpenBLAS is missing, and a bar is set against it: install it.");
    }

    @Test
    void neverDoesWithoutLibtorch() throws IOException {
        behaviour.put(Libraries.TORCH, "absent");
        assertThat(run("cosine")).isEqualTo(1);
        assertThat(table("cosine")).isEqualTo(OLD);
        assertThat(sentences().getFirst()).endsWith("libtorch is missing: install it.");
    }

    @Test
    void writesNothingOfAPartOfAGroup() throws IOException {
        assertThat(run(Map.of("sgemm", Cases.of("sgemm").subList(0, 1)))).isZero();
        assertThat(table("sgemm")).isEqualTo(OLD);
    }
}
