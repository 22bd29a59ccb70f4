package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.method.Methods;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MethodsCommandTest {

    @Test
    void listsEveryMethod() {
        Cli.Result result = Cli.run("methods");
        assertThat(result.code()).isZero();
        for (Methods.Entry<?> entry : Methods.all()) {
            assertThat(result.line(entry.name() + " ")).contains(entry.source(), entry.needs().toString(),
                    entry.chance());
        }
        List<String> lines = result.out().lines().toList();
        int year = lines.getFirst().indexOf("year"), paper = lines.getFirst().indexOf("paper");
        assertThat(lines.subList(1, lines.size())).hasSameSizeAs(Methods.all())
                .allMatch(line -> line.substring(year, paper).matches("(19|20)\\d\\d +"))
                .allMatch(line -> line.substring(paper).contains(" " + line.substring(year, year + 4) + ", arXiv:"));
        assertThat(result.line("simclrv2 ")).contains("momentum network if memory > 0");
        assertThat(result.line("simclr ")).contains("2 views", "ln(2N − 1)");
    }

    @ParameterizedTest
    @CsvSource({"paper, lr: 4.8", "cifar, batch: 512", "'', batch: 256"})
    void showsTheSettingsOfAPresetAndTheirSources(String preset, String expected) {
        Cli.Result result = preset.isEmpty() ? Cli.run("methods", "show", "simclr")
                : Cli.run("methods", "show", "simclr", "--preset", preset);
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("# SimCLR (2020)", "method: \"simclr\"", expected,
                "lars_optimizer.py: EETA_DEFAULT");
        String settings = result.out().substring(0, result.out().indexOf("# The presets"));
        assertThat(settings).contains(expected);
    }

    @Test
    void refusesAPresetThatIsNotThereBeforeItPrints() {
        Cli.Result result = Cli.run("methods", "show", "simclr", "--preset", "foo");
        assertThat(result).isEqualTo(new Cli.Result(2, "",
                "ssl: There is no preset 'foo'; there are paper and cifar.\n"));
    }

    @Test
    void refusesAMethodThatIsNotThere() {
        Cli.Result result = Cli.run("methods", "show", "simcrl");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith("ssl: There is no method 'simcrl'; there are ");
    }
}
