package invar.ssl.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// Prints to the console and to the run's log.
final class Report {

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
        log.println(text);
        log.flush();
    }

    /// Measures by name, a row for each representation.
    void table(String title, Map<String, Map<String, Double>> rows) {
        table(text -> line("%s", text), title, rows);
    }

    /// The same, line by line to anywhere.
    static void table(Consumer<String> line, String title, Map<String, Map<String, Double>> rows) {
        StringBuilder head = new StringBuilder(String.format("%-28s", title));
        for (String measure : rows.values().iterator().next().keySet()) head.append(String.format("  %22s", measure));
        line.accept(head.toString());
        rows.forEach((name, measures) -> {
            StringBuilder row = new StringBuilder(String.format("%-28s", name));
            for (double value : measures.values()) row.append(String.format(Locale.ROOT, "  %22.3f", value));
            line.accept(row.toString());
        });
    }
}
