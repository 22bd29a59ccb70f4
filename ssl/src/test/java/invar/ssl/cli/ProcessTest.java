package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.cli.Cli.Result;
import invar.ssl.train.RunFolder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What only a process of its own can show: signals, and a disk that is full.
@Timeout(120)
@DisabledOnOs(OS.WINDOWS)                                         // has neither signals nor limits
class ProcessTest {

    @TempDir
    Path folder;

    private Path photos;

    @BeforeEach
    void makePhotos() throws IOException {
        photos = Cli.photos(folder.resolve("photos"), 12);
    }

    @Test
    void savesWhenInterruptedAndContinuesBitForBit() throws Exception {
        Path whole = folder.resolve("whole"), run = folder.resolve("runs/simclr-photos");
        String[] options = {"--epochs", "40", "--set", "warmupEpochs=10"};
        boolean deaf = ignoresInterruption();
        Process process = ssl("exec \"$@\"", arguments(options)).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
                if (line.startsWith("epoch  1/40")) {
                    new ProcessBuilder("kill", deaf ? "-TERM" : "-INT", Long.toString(process.pid())).start().waitFor();
                }
            }
            assertThat(process.waitFor()).as(() -> lines + error()).isEqualTo(deaf ? 143 : ExitCode.INTERRUPTED);
        } finally {
            process.destroyForcibly();
        }
        assertThat(error()).isEmpty();
        assertThat(lines.getLast()).matches("interrupted after step [1-9]\\d* of 160 and saved; continue with: "
                + "java -jar ssl.jar train --resume runs/simclr-photos");
        assertThat(new RunFolder(run).log()).content().endsWith(lines.getLast() + "\n");
        assertThat(new RunFolder(run).encoder()).doesNotExist();

        Result resumed = Cli.run("train", "--resume", run.toString(), "--device", "reference");
        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(resumed.out()).containsPattern("continuing after step [1-9]\\d* of 160").contains("epoch 40/40");
        List<String> args = new ArrayList<>(List.of(arguments(options)));
        args.addAll(List.of("--out", whole.toString()));
        assertThat(Cli.run(args.toArray(String[]::new)).code()).isZero();
        assertThat(TrainTest.losses(run)).hasSize(40).isEqualTo(TrainTest.losses(whole));
        assertThat(new RunFolder(run).checkpoint()).hasSameBinaryContentAs(new RunFolder(whole).checkpoint());
        assertThat(new RunFolder(run).encoder()).hasSameBinaryContentAs(new RunFolder(whole).encoder());
    }

    /// Whether this JVM was started deaf to SIGINT, as shells start what is to run in the background: its children are,
    /// too, and can be stopped by SIGTERM only.
    private static boolean ignoresInterruption() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) return false;
        return Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1L << 1) != 0);
    }

    /// A limit on the size of files stops a write in its middle, as a full disk does.
    @Test
    void keepsTheOldCheckpointWhenTheDiskIsFull() throws Exception {
        Path run = folder.resolve("run");
        RunFolder files = new RunFolder(run);
        assertThat(Cli.train(photos, run).code()).isZero();
        byte[] old = Files.readAllBytes(files.checkpoint());
        assertThat(old).hasSizeGreaterThan(20_000);
        Files.delete(files.encoder());                           // so that there is something to do
        String[] resume = {"train", "--resume", run.toString(), "--device", "reference"};
        Process process = ssl("ulimit -f 8; exec \"$@\"", resume).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(error()).isEqualTo("ssl: cannot write " + files.checkpoint() + ": File too large.\n");
        assertThat(process.exitValue()).isEqualTo(ExitCode.FAILED);
        assertThat(files.checkpoint()).hasBinaryContent(old);
        try (Stream<Path> left = Files.list(files.checkpoint().getParent())) {
            assertThat(left).containsExactly(files.checkpoint());
        }
        assertThat(files.encoder()).doesNotExist();
    }

    private String[] arguments(String... options) {
        List<String> args = new ArrayList<>(List.of("train", "--data", photos.toString()));
        args.addAll(Cli.TINY);
        int epochs = args.indexOf("--epochs");
        args.subList(epochs, epochs + 2).clear();
        args.addAll(List.of(options));
        return args.toArray(String[]::new);
    }

    /// A JVM like this one that runs `ssl` in the test's folder, started by a shell; `"$@"` is its command line.
    private ProcessBuilder ssl(String script, String... args) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:-UsePerfData",
                "--add-modules", "jdk.incubator.vector", "-cp", absolute(System.getProperty("java.class.path")),
                Ssl.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                .redirectError(folder.resolve("stderr").toFile());
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
        return builder;
    }

    private static String absolute(String classPath) {
        return String.join(File.pathSeparator, Stream.of(classPath.split(File.pathSeparator))
                .map(path -> Path.of(path).toAbsolutePath().toString()).toList());
    }

    /// Standard error, less the JVM's word on incubating modules.
    private String error() {
        try {
            return Files.readString(folder.resolve("stderr"), StandardCharsets.UTF_8)
                    .replaceAll("(?m)^WARNING: Using incubator modules: .*\n", "");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
