package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.study.Studies;
import invar.ssl.study.Study;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /// As a reader runs it, and with exit code 0 because the finding is the expected one. The other two studies are run
    /// with as many steps by `CpcWithBatchNormTest` and `WrongMaskTest`, which compare their measures with numbers.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "simsiam-stop-gradient | stopped, as published | not stopped | 200",
        "byol-predictor | predictor, as published | no predictor | 200",
        "moco-momentum | m = 0.99 | m = 0.0 | 256",
        "barlow-off-diagonal | lambda = 0.1 | lambda = 0.0 | 200"})
    void findsWhatIsExpected(String name, String right, String without, int steps) {
        Cli.Result result = Cli.run("study", name);
        assertThat(result.code()).as(result.out() + result.err()).isZero();
        assertThat(result.out()).startsWith(Studies.named(name).question()).contains("What to expect:\n",
                without + ": " + steps + " steps in ");
        assertThat(result.line(name + "  ")).contains("loss", "spread", "effective rank", "alignment", "uniformity",
                "kNN-20");
        for (String row : new String[] {right, without}) {
            assertThat(result.out().lines().filter(line -> line.startsWith(row + " "))).as(row).hasSize(1);
        }
        assertThat(result.out()).containsPattern("\nAs expected[.] \\(\\d+ s\\)\n$");
    }

    /// Too short for an effect: every run trains, is measured and has its row, and that nothing was found is told by
    /// the exit code.
    @ParameterizedTest
    @ValueSource(strings = {"cpc-batch-norm", "simclr-mask"})
    void failsWhereTheFindingIsAnother(String name) {
        Cli.Result result = Cli.run("study", name, "--epochs", "1");
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).as(result.out()).isEqualTo(ExitCode.FAILED);
        assertThat(result.out().lines().filter(line -> line.matches(".*: \\d+ steps in \\d+ s, loss \\d.*")).count())
                .isEqualTo(result.out().lines().dropWhile(line -> !line.startsWith(name)).skip(1)
                        .takeWhile(line -> !line.isEmpty()).count()).isEqualTo(3);
        assertThat(result.out()).contains("\nNot as expected");
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
