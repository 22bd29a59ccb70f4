package invar.benchmarks.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// The driver's end of a [Child].
final class Library implements AutoCloseable {

    /// One round: seconds and heap bytes of a call.
    record Round(double seconds, double bytes) {}

    private final String label;
    private final Process process;
    private final BufferedReader answers;
    private final Writer requests;
    private final String who;

    private Library(String label, Process process) throws IOException {
        this.label = label;
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.requests = process.outputWriter(StandardCharsets.UTF_8);
        String line = answers.readLine();
        if (line == null || !line.startsWith("here ")) {
            process.destroyForcibly();
            throw new IOException(line == null ? "its process ended before it answered" : "it answered: " + line);
        }
        this.who = line.substring("here ".length());
    }

    /// Starts a process whose output for people goes to `log`.
    static Library start(String label, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new Library(label, builder.start());
    }

    /// The command of a Java child.
    static List<String> java(List<String> flags, String classPath, String main, String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "--add-modules=jdk.incubator.vector",
                "-XX:Tier3DelayOn=100000", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(List.of(arguments));
        return command;
    }

    /// What the page calls it.
    String label() {
        return label;
    }

    /// Its version and settings, in its own words.
    String who() {
        return who;
    }

    /// Makes a case ready and warm.
    ///
    /// @return the sample of its result
    /// @throws IllegalStateException with the reason, if it cannot
    double[] prepare(String name, double warmUp) {
        String answer = ask("prepare " + name + " " + warmUp).strip();
        if (answer.isEmpty()) return new double[0];
        String[] values = answer.split(" ");
        double[] sample = new double[values.length];
        for (int i = 0; i < sample.length; i++) sample[i] = Double.parseDouble(values[i]);
        return sample;
    }

    /// Times a round of about so long.
    Round round(String name, double seconds) {
        String[] answer = ask("round " + name + " " + seconds).strip().split(" ");
        return new Round(Double.parseDouble(answer[0]), Double.parseDouble(answer[1]));
    }

    /// Frees a case, if there still is someone to have it.
    void release(String name) {
        if (alive()) ask("release " + name);
    }

    /// The largest memory the process ever had, in bytes; empty if it cannot be told.
    OptionalDouble peak() {
        String answer = ask("peak").strip();
        return answer.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(answer));
    }

    /// Seconds of processor time so far; empty if the system does not tell.
    OptionalDouble processorSeconds() {
        return process.info().totalCpuDuration().stream().mapToDouble(d -> d.toNanos() * 1e-9).findFirst();
    }

    /// The number of its process.
    long pid() {
        return process.pid();
    }

    /// Whether it can be asked anything.
    boolean alive() {
        return process.isAlive();
    }

    private String ask(String request) {
        try {
            requests.write(request + "\n");
            requests.flush();
            String answer = answers.readLine();
            if (answer == null) throw ended(request);
            if (answer.startsWith("fail ")) throw new IllegalStateException(answer.substring("fail ".length()));
            return answer.substring("ok".length());
        } catch (IOException e) {
            throw ended(request);                             // a pipe breaks when its reader is gone
        }
    }

    /// The end of the process is waited for, so that [#alive] says what is the case.
    private IllegalStateException ended(String request) {
        process.destroyForcibly().onExit().join();
        return new IllegalStateException("its process ended with status " + process.exitValue() + " while asked to "
                + request);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
