package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.study.Studies;
import invar.ssl.study.Study;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StudyCommandTest {

    @Test
    void listsTheStudiesAndTheirQuestions() {
        Cli.Result result = Cli.run("study");
        assertThat(result.code()).isZero();
        assertThat(Studies.all()).hasSize(6).extracting(Study::name).doesNotHaveDuplicates();
        for (Study study : Studies.all()) {
            assertThat(result.line(study.name() + " ")).endsWith(study.question());
            assertThat(Studies.named(study.name())).isSameAs(study);
            assertThat(study.expectation().lines()).allMatch(line -> line.length() <= 110);
        }
    }

    /// As a reader runs it. The mechanisms of the others are shown in the tests of their methods.
    @Test
    void showsThatByolNeedsItsPredictor() {
        Cli.Result result = Cli.run("study", "byol-predictor");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).startsWith("Is a slowly moving target enough").contains("What to expect:\n",
                "no predictor: 200 steps in ");
        assertThat(result.line("byol-predictor  ")).contains("loss", "of chance", "spread", "effective rank",
                "alignment", "uniformity", "kNN-20");
        assertThat(result.out().lines().filter(line -> line.startsWith("predictor, as published "))).hasSize(1);
        assertThat(result.out()).containsPattern("\nAs expected[.] \\(\\d+ s\\)\n$");
    }

    /// Too short for an effect: what is tested is that every study trains, measures and prints its rows.
    @ParameterizedTest
    @MethodSource
    void runsToTheEnd(String name) {
        Cli.Result result = Cli.run("study", name, "--epochs", "1");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out().lines().filter(line -> line.matches(".*: \\d+ steps in \\d+ s, loss -?\\d.*")).count())
                .isEqualTo(result.out().lines().dropWhile(line -> !line.startsWith(name)).skip(1)
                        .takeWhile(line -> !line.isEmpty()).count()).isBetween(2L, 3L);
        assertThat(result.out()).containsPattern("\n(As|Not as) expected");
    }

    static Stream<String> runsToTheEnd() {
        return Studies.all().stream().map(Study::name);
    }

    @Test
    void refusesAStudyThatIsNotThere() {
        Cli.Result result = Cli.run("study", "byol");
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err()).startsWith("ssl: There is no study 'byol'; there are simsiam-stop-gradient, byol-");
        assertThat(Cli.run("study", "byol-predictor", "--epochs", "0").err())
                .startsWith("ssl: --epochs must be at least 1 but is 0.");
    }
}
