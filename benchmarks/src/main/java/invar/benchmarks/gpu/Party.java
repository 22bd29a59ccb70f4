package invar.benchmarks.gpu;

import invar.core.spi.Precision;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The driver's end of a process that speaks the protocol of [GpuChild]. One that ends, or does not answer in time, is
/// started anew for the next case.
final class Party implements AutoCloseable {

    /// Says that a side cannot take part here, and why.
    static final class Absent extends Exception {

        private static final long serialVersionUID = 1;

        Absent(String why) {
            super(why);
        }
    }

    /// A refusal in the party's own words.
    static final class Refused extends RuntimeException {

        private static final long serialVersionUID = 1;

        Refused(String why) {
            super(why);
        }

        /// Whether the device has too little memory for it, which says something of the form and is no failure.
        boolean outOfMemory() {
            return getMessage().startsWith("out of memory");
        }
    }

    /// What is prepared.
    ///
    /// @param precision in effect
    /// @param sample    values of each result
    record Prepared(Precision precision, List<double[]> sample) {}

    private static final String END = "";

    private final List<String> command;
    private final Path log;
    private final Duration patience;
    private Process process;
    private Writer requests;
    private BlockingQueue<String> answers;
    private String who;

    /// @param command  starts the process
    /// @param log      gets what it prints for people
    /// @param patience how long it may take for an answer
    /// @throws Absent if it says that it cannot take part
    /// @throws IOException if it does not start
    Party(List<String> command, Path log, Duration patience) throws IOException, Absent {
        this.command = List.copyOf(command);
        this.log = log;
        this.patience = patience;
        start();
    }

    private void start() throws IOException, Absent {
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
        requests = process.outputWriter(StandardCharsets.UTF_8);
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        answers = lines;
        BufferedReader reader = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Thread.ofVirtual().start(() -> {
            try (reader) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) lines.add(line);
            } catch (IOException e) {
                // the pipe broke: the process is gone, which the end of the answers says
            }
            lines.add(END);
        });
        String line = next().orElseThrow(() -> new IOException("its process ended, or said nothing for "
                + patience.toSeconds() + " s; " + log + " may say why"));
        if (line.startsWith("absent ")) {
            stop();
            throw new Absent(line.substring("absent ".length()));
        }
        if (!line.startsWith("here ")) {
            stop();
            throw new IOException("it answered: " + line);
        }
        who = line.substring("here ".length());
    }

    /// Its version and device, in its own words.
    String who() {
        return who;
    }

    /// See [GpuChild] for the requests.
    ///
    /// @throws Refused if it fails
    Prepared prepare(GpuCase c, String form) {
        String answer = ask("prepare " + c.name() + " " + form + " " + c.precision());
        String precision = answer.substring(0, (answer + " ").indexOf(' '));
        return new Prepared(Precision.valueOf(precision.toUpperCase(Locale.ROOT)),
                results(answer.substring(precision.length())));
    }

    double[] round(GpuCase c, String form, int warm, int calls) {
        return numbers(ask("round " + c.name() + " " + form + " " + c.precision() + " " + warm + " " + calls));
    }

    OptionalDouble memory(GpuCase c, String form) {
        String answer = ask("memory " + c.name() + " " + form + " " + c.precision());
        return answer.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(answer));
    }

    /// Forgets it, if there still is someone to do so.
    void release(GpuCase c, String form) {
        if (process.isAlive()) ask("release " + c.name() + " " + form + " " + c.precision());
    }

    List<double[]> reference(String name) {
        return results(ask("reference " + name));
    }

    void export(String name, Path file) {
        ask("export " + name + " " + file);
    }

    double ceiling(String what, Precision precision, long size) {
        return Double.parseDouble(ask("ceiling " + what + " " + precision + " " + size));
    }

    private static List<double[]> results(String text) {
        List<double[]> results = new ArrayList<>();
        for (String result : text.split(";")) results.add(numbers(result));
        return results;
    }

    private static double[] numbers(String text) {
        String[] words = text.strip().split("\\s+");
        double[] values = new double[text.isBlank() ? 0 : words.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (words[i].toLowerCase(Locale.ROOT)) {
                case "nan" -> Double.NaN;
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(words[i]);
            };
        }
        return values;
    }

    private String ask(String request) {
        try {
            if (!process.isAlive()) start();
            requests.write(request + "\n");
            requests.flush();
        } catch (IOException e) {
            stop();
            throw new Refused("its process ended before it was asked to " + request);
        } catch (Absent e) {
            throw new Refused("its process cannot be started again: " + e.getMessage());
        }
        String answer = next().orElse(null);
        if (answer == null) {
            boolean alive = process.isAlive();
            stop();
            throw new Refused(alive ? "no answer within " + patience.toSeconds() + " s when asked to " + request
                    : "its process ended with status " + process.exitValue() + " while asked to " + request);
        }
        if (answer.startsWith("fail ")) throw new Refused(answer.substring("fail ".length()));
        if (!answer.startsWith("ok")) throw new Refused("it answered: " + answer);
        return answer.substring("ok".length()).strip();
    }

    /// The next line; empty if there is none in time, or never will be.
    private Optional<String> next() {
        try {
            String line = answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null || line.equals(END)) {
                if (line != null) process.waitFor(5, TimeUnit.SECONDS);
                return Optional.empty();
            }
            return Optional.of(line);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// The end of the process is waited for, so that its memory on the device is free.
    private void stop() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        try {
            requests.close();                                 // the end of its input ends it
            if (!process.waitFor(5, TimeUnit.SECONDS)) stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
