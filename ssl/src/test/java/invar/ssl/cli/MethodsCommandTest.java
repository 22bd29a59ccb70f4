package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.method.Methods;
import invar.ssl.train.Presets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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
        String settings = result.out().substring(0, result.out().indexOf("# All presets"));
        assertThat(settings).contains(expected);
    }

    /// Of the settings of the run, and of every preset below them: all that is not a group of others.
    @Test
    void showsTheSourceOfEveryValue() {
        for (Methods.Entry<?> entry : Methods.all()) {
            for (String preset : new String[] {"paper", "cifar", "", "emoji32", "photos"}) {
                List<String> arguments = new ArrayList<>(List.of("methods", "show", entry.name()));
                if (Presets.NAMES.contains(preset)) arguments.addAll(List.of("--preset", preset));
                else if (!preset.isEmpty()) arguments.addAll(List.of("--data", preset));
                String out = Cli.run(arguments.toArray(String[]::new)).out();
                assertThat(out.lines().filter(VALUE)).as("%s %s", entry.name(), preset).hasSizeGreaterThan(70)
                        .allMatch(line -> line.matches(".*\\S +# \\S.*"));
            }
        }
    }

    private static final Predicate<String> VALUE = Pattern.compile(" *(?!(paper|cifar|small|labels|encoder|optimization"
            + "|settings):)[A-Za-z0-9]+:.*").asMatchPredicate();

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
