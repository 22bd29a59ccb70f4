package invar.ssl.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// Prints to the console and to the run's log.
final class Report {

    /// Width of a number such as `0.123`.
    private static final int DIGITS = 5;

    private final PrintWriter console, log;

    Report(PrintWriter console, PrintWriter log) {
        this.console = console;
        this.log = log;
    }

    /// One line.
    void line(String format, Object... arguments) {
        String text = String.format(Locale.ROOT, format, arguments);
        console.println(text);
        console.flush();
        log(text);
    }

    /// One line for the log alone.
    void log(String text) {
        log.println(text);
        log.flush();
    }

    /// Measures by name, a row for each representation.
    void table(String title, Map<String, Map<String, Double>> rows) {
        table(text -> line("%s", text), title, rows);
    }

    /// The same, line by line to anywhere. Columns are as wide as what is in them.
    static void table(Consumer<String> line, String title, Map<String, Map<String, Double>> rows) {
        int first = Math.max(title.length(), rows.keySet().stream().mapToInt(String::length).max().orElse(0));
        StringBuilder head = new StringBuilder(pad(title, first));
        for (String measure : rows.values().iterator().next().keySet()) head.append("  ").append(pad(measure, DIGITS));
        line.accept(head.toString().stripTrailing());
        rows.forEach((name, measures) -> {
            StringBuilder row = new StringBuilder(pad(name, first));
            measures.forEach((measure, value) -> row.append("  ")
                    .append(pad(String.format(Locale.ROOT, "%.3f", value), Math.max(measure.length(), DIGITS))));
            line.accept(row.toString().stripTrailing());
        });
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
