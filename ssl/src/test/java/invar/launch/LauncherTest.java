package invar.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Starts JVMs without the vector module: each of them has to start another one.
@Timeout(60)
class LauncherTest {

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String CLASSES = folder(Launcher.class) + File.pathSeparator + folder(Echo.class);

    @Test
    void passesArgumentsAndExitCode() throws Exception {
        String[] args = {"exit", "7", "two words", "", "\"quoted\"", "back\\slash", "*", "$HOME", "-jar"};
        Result result = run(Map.of(), List.of(), args);
        assertThat(result.code).isEqualTo(7);
        assertThat(result.out).isEqualTo(echoed(args));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)                                  // needs a shell that makes bytes
    void passesLettersOfAllScriptsInAnyLocale() throws Exception {
        for (String locale : List.of("C.UTF-8", "C")) {
            var shell = new ProcessBuilder("sh", "-c", "\"$0\" -cp \"$1\" invar.launch.EchoLauncher a "
                    + "\"$(printf 'gr\\303\\266\\303\\237e? \\347\\214\\253')\"", JAVA, CLASSES);
            shell.environment().put("LC_ALL", locale);
            Result result = run(shell, "");
            assertThat(result.out).as(locale).isEqualTo(echoed("a", "größe? 猫") + "done\n");
        }
    }

    @Test
    void passesStandardInput() throws Exception {
        Result result = run(command(List.of(), "input"), "12345");
        assertThat(result.out).isEqualTo(echoed("input") + "5\n");
    }

    @Test
    void runsElsewhereOnlyIfTheModuleIsMissing() throws Exception {
        assertThat(run(Map.of(), List.of(), "where").out).endsWith("there\n");
        assertThat(run(Map.of(), List.of("--add-modules", "jdk.incubator.vector"), "where").out).endsWith("here\n");
    }

    @Test
    void passesFlagsOfTheJvm() throws Exception {
        assertThat(property("-Dfirst=1 -Dinvar.test='two words'", List.of())).isEqualTo("two words");
        assertThat(property("", List.of("-Dinvar.test=x"))).isEqualTo("x");
        assertThat(property("-Dinvar.test=y", List.of("-Dinvar.test=x"))).isEqualTo("y");
    }

    private static String property(String options, List<String> flags) throws IOException, InterruptedException {
        return run(Map.of("SSL_JAVA_OPTS", options), flags, "property", "invar.test").out.lines().toList().getLast();
    }

    @Test
    void aFailureOfTheProgramIsAFailure() throws Exception {
        Result result = run(Map.of(), List.of(), "fail");
        assertThat(result.code).isEqualTo(1);
        assertThat(result.err).contains("on purpose").doesNotContain("InvocationTargetException");
    }

    @Test
    void aJvmThatDoesNotStartIsAFailure() throws Exception {
        Result result = run(Map.of("SSL_JAVA_OPTS", "-XX:NoSuchFlag=1"), List.of(), "where");
        assertThat(result.code).isEqualTo(1);
        assertThat(result.err).contains("NoSuchFlag");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)                                  // has no signals
    void passesTermination() throws Exception {
        assertThat(endedBy("-TERM")).isEqualTo(new Result(143, "ended\n", ""));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void passesInterruption() throws Exception {
        assertThat(endedBy("-INT")).isEqualTo(new Result(130, "ended\n", ""));
    }

    /// Starts a program that waits, sends the launcher alone a signal, and returns what the launcher says after that.
    private static Result endedBy(String signal) throws IOException, InterruptedException {
        Process process = command(List.of(), "wait").start();
        try (BufferedReader out = process.inputReader()) {
            String line = out.readLine();
            while (!line.equals("ready")) line = out.readLine();
            new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
            StringBuilder rest = new StringBuilder();
            for (line = out.readLine(); line != null; line = out.readLine()) rest.append(line).append('\n');
            return new Result(process.waitFor(), rest.toString(), "");
        } finally {
            process.destroyForcibly();
        }
    }

    private record Result(int code, String out, String err) {}

    private static Result run(Map<String, String> environment, List<String> flags, String... args)
            throws IOException, InterruptedException {
        ProcessBuilder command = command(flags, args);
        command.environment().putAll(environment);
        return run(command, "");
    }

    private static Result run(ProcessBuilder command, String input) throws IOException, InterruptedException {
        File err = File.createTempFile("launcher", ".err");
        try {
            Process process = command.redirectError(err).start();
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).replace("\r", "");
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return new Result(process.exitValue(), out, Files.readString(err.toPath()));
        } finally {
            Files.delete(err.toPath());
        }
    }

    private static ProcessBuilder command(List<String> flags, String... args) {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(flags);
        command.addAll(List.of("-cp", CLASSES, EchoLauncher.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("SSL_JAVA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        return builder;
    }

    private static String echoed(String... args) {
        StringBuilder lines = new StringBuilder();
        for (String arg : args) {
            lines.append('<').append(HexFormat.of().formatHex(arg.getBytes(StandardCharsets.UTF_8))).append(">\n");
        }
        return lines.toString();
    }

    private static String folder(Class<?> type) {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath();
    }
}
