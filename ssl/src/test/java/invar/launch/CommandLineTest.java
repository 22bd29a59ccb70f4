package invar.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTest {

    @Test
    void splitsAtBlanksOutsideOfQuotes() {
        assertThat(CommandLine.split("")).isEmpty();
        assertThat(CommandLine.split("  \t ")).isEmpty();
        assertThat(CommandLine.split(" -Xmx8g  -ea\n")).containsExactly("-Xmx8g", "-ea");
        assertThat(CommandLine.split("-Da=\"b c\" '-Dd=e \" f' \"\" g"))
                .containsExactly("-Da=b c", "-Dd=e \" f", "", "g");
        assertThat(CommandLine.split("'left open")).containsExactly("left open");
    }

    @Test
    void findsTheFlagsOfTheJvm() {
        assertThat(CommandLine.jvmFlags(List.of("-jar", "ssl.jar", "train", "-x"), 2)).isEmpty();
        assertThat(CommandLine.jvmFlags(List.of("-Xmx8g", "-Dinvar.cpu=scalar", "-jar", "ssl.jar", "-Xmx9g"), 1))
                .containsExactly("-Xmx8g", "-Dinvar.cpu=scalar");
        assertThat(CommandLine.jvmFlags(List.of("-cp", "a:b", "-ea", "--add-opens", "m/p=ALL-UNNAMED", "Main"), 0))
                .containsExactly("-ea", "--add-opens", "m/p=ALL-UNNAMED");
        assertThat(CommandLine.jvmFlags(List.of("--class-path=a", "-agentlib:jdwp=server=y", "Main", "-jar"), 1))
                .isEmpty();
    }

    @Test
    void aCommandLineThatIsNotToldHasNoFlags() {
        assertThat(CommandLine.jvmFlags(List.of(), 0)).isEmpty();
        assertThat(CommandLine.jvmFlags(List.of(), 3)).isEmpty();
    }
}
