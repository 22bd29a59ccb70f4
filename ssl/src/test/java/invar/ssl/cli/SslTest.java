package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.spi.DeviceMemoryError;
import invar.ssl.UserError;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class SslTest {

    private static final String MISTAKE = "This is a mistake in the program; --stacktrace shows where.";

    private final StringWriter out = new StringWriter(), err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "-h"})
    void tellsWhatThereIs(String option) {
        assertThat(run(option.isEmpty() ? new String[0] : new String[] {option})).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).startsWith("Usage: ssl").contains("--help", "--version", "--stacktrace");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void tellsItsVersion() {
        assertThat(run("--version")).isEqualTo(ExitCode.OK);
        assertThat(out.toString().lines()).hasSize(3);
        assertThat(out.toString()).matches("(?s)ssl \\d+\\.\\d+\\.\\d+\\S*( \\([\\w.-]+\\))?\\R.*").doesNotContain("$")
                .contains("Java " + Runtime.version()).containsPattern("Vector API: \\d+ bits");
    }

    @Test
    void refusesAnUnknownOptionWithAHint() {
        assertThat(run("--versoin")).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).containsExactly(
                "ssl: Unknown option: '--versoin'.", "Possible solutions: --version", "Try 'ssl --help'.");
    }

    @Test
    void refusesAnUnknownCommandWithAHint() {
        assertThat(run("trian")).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).hasSize(3).startsWith("ssl: there is no command trian; there are train, "
                + "finetune, distill, methods, eval, study, check, devices.").endsWith("Try 'ssl --help'.");
        assertThat(err.toString()).contains("Did you mean: ", "ssl train");
    }

    @Test
    void refusesAWrongValueNamingTheCommandsOwnHelp() {
        assertThat(fail(null, "fail", "--count", "many")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).startsWith("ssl: Invalid value for option '--count'").contains("many")
                .endsWith("Try 'ssl fail --help'.\n").doesNotContain("\tat ");
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new UserError("--epochs must be > 0 but is -1"), 2, "--epochs must be > 0 but is -1."),
                Arguments.of(new UserError(1, "the loss is NaN at step 3.", null), 1, "the loss is NaN at step 3."),
                Arguments.of(new IllegalArgumentException("MatMul: 3 != 2"), 2, "MatMul: 3 != 2."),
                Arguments.of(new NoSuchFileException("a/b"), 2, "there is no file or folder a/b."),
                Arguments.of(new UncheckedIOException(new NoSuchFileException("a")), 2,
                        "there is no file or folder a."),
                Arguments.of(new FileNotFoundException("x (Is a directory)"), 2, "x (Is a directory)."),
                Arguments.of(new AccessDeniedException("/secret"), 2, "access to /secret is denied."),
                Arguments.of(new FileSystemException("f", null, "Too many levels"), 1, "f: Too many levels."),
                Arguments.of(new IOException("cannot write f: No space left on device"), 1,
                        "cannot write f: No space left on device."),
                Arguments.of(new InterruptedException(), 130, "interrupted."),
                Arguments.of(new ClosedByInterruptException(), 130, "interrupted."),
                Arguments.of(new IllegalStateException("bug"), 1,
                        "unexpected IllegalStateException: bug. " + MISTAKE),
                Arguments.of(new NullPointerException(), 1,
                        "unexpected NullPointerException. " + MISTAKE),
                Arguments.of(new StackOverflowError(), 1,
                        "unexpected StackOverflowError. " + MISTAKE));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void tellsAFailureInOneSentence(Throwable failure, int code, String sentence) {
        assertThat(fail(failure, "fail")).isEqualTo(code);
        assertThat(err.toString()).isEqualTo("ssl: " + sentence + "\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void tellsHowToGetMoreMemory() {
        assertThat(fail(new OutOfMemoryError("Java heap space"), "fail")).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("Java heap space", "GiB", "such as a queue, smaller", "SSL_JAVA_OPTS=-Xmx")
                .hasLineCount(1);
    }

    /// More memory for Java is no help there.
    @Test
    void tellsThatTheDeviceIsFull() {
        DeviceMemoryError full = new DeviceMemoryError("no room for 5 MiB on the device: use a smaller batch");
        assertThat(fail(full, "fail")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .isEqualTo("ssl: out of memory: no room for 5 MiB on the device: use a smaller batch.\n");
    }

    @ParameterizedTest
    @MethodSource("failures")
    void showsTheStackOnRequest(Throwable failure, int code) {
        assertThat(fail(failure, "fail", "--stacktrace")).isEqualTo(code);
        assertThat(err.toString()).startsWith("ssl: ").contains(failure.getClass().getName(), "\tat ");
        assertThat(fail(failure, "--stacktrace", "fail")).isEqualTo(code);
    }

    private int run(String... args) {
        return Ssl.run(new PrintWriter(out), new PrintWriter(err), args);
    }

    /// Runs `ssl` with one more command, `fail`, which throws `failure`.
    private int fail(Throwable failure, String... args) {
        Ssl ssl = new Ssl();
        CommandLine line = new CommandLine(ssl).addSubcommand(new Fail(failure));
        return ssl.execute(line, new PrintWriter(out), new PrintWriter(err), args);
    }

    @Command(name = "fail")
    private static final class Fail implements Callable<Integer> {

        @Option(names = "--count")
        private int count;

        private final Throwable failure;

        Fail(Throwable failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            if (failure instanceof Error error) throw error;
            throw (Exception) failure;
        }
    }
}
