package invar.ssl.cli;

import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    /// Measures by name, a row for each representation. A measure that a row lacks is a dash.
    void table(String title, Map<String, Map<String, Double>> rows) {
        table(text -> line("%s", text), title, rows);
    }

    /// The same, line by line to anywhere. Columns are as wide as what is in them.
    static void table(Consumer<String> line, String title, Map<String, Map<String, Double>> rows) {
        int first = Math.max(title.length(), rows.keySet().stream().mapToInt(String::length).max().orElse(0));
        Set<String> columns = new LinkedHashSet<>();
        rows.values().forEach(measures -> columns.addAll(measures.keySet()));
        StringBuilder head = new StringBuilder(pad(title, first));
        for (String measure : columns) head.append("  ").append(pad(measure, DIGITS));
        line.accept(head.toString().stripTrailing());
        rows.forEach((name, measures) -> {
            StringBuilder row = new StringBuilder(pad(name, first));
            for (String measure : columns) {
                Double value = measures.get(measure);
                String text = value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
                row.append("  ").append(pad(text, Math.max(measure.length(), DIGITS)));
            }
            line.accept(row.toString().stripTrailing());
        });
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
