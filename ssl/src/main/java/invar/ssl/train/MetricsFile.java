package invar.ssl.train;

import invar.nn.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// One row an epoch, as CSV and as JSON lines: first what every run has, then the measures of health. The columns of
/// the CSV are fixed when the run begins; a measure that is not known then is in the JSON lines alone. One that is not
/// known, or no number, is an empty cell and a null.
public final class MetricsFile {

    private static final String HEADER =
            "epoch,step,loss,chance,lr,images_per_second,data_share,seconds,step_bytes";

    /// Group 1 is the step.
    private static final Pattern CSV_ROW = Pattern.compile("\\d+,(\\d{1,18}),.*"),
            JSON_ROW = Pattern.compile("\\{.*\"step\":(\\d{1,18}),.*\\}");

    private final RunFolder folder;

    private final List<String> measures;

    private MetricsFile(RunFolder folder, List<String> measures) {
        this.folder = folder;
        this.measures = measures;
    }

    /// The files of a run, made if there are none. Rows after step `done` are dropped, and a last one that is torn: a
    /// run that continues from there writes them again. Rows that an earlier build wrote under other columns are put
    /// under those of this one by name: a column that it lacked has empty cells, one that is gone is dropped.
    ///
    /// @param measures names of the measures of health that every epoch has
    /// @throws IOException if they cannot be read or written
    public static MetricsFile open(RunFolder folder, long done, List<String> measures) throws IOException {
        MetricsFile file = new MetricsFile(folder, List.copyOf(measures));
        StringBuilder header = new StringBuilder(HEADER);
        for (String measure : measures) header.append(',').append(column(measure));
        List<String> names = List.of(header.toString().split(","));
        keep(folder.metricsCsv(), header + "\n", CSV_ROW, done, (old, row) -> under(names, old, row));
        keep(folder.metricsJson(), "", JSON_ROW, done, (_, row) -> row);
        return file;
    }

    /// Adds a row. The loss has all its digits, so that runs can be compared.
    public void add(EpochMetrics m) throws IOException {
        StringBuilder cells = new StringBuilder(), fields = new StringBuilder();
        for (String measure : measures) cells.append(',').append(number(m.health(measure), ""));
        m.health().forEach((measure, value) -> fields.append(",\"").append(column(measure)).append("\":")
                .append(number(value, "null")));
        append(folder.metricsCsv(), "%d,%d,%s,%.6f,%.6g,%.1f,%.4f,%.3f,%d", m, cells + "\n");
        append(folder.metricsJson(), "{\"epoch\":%d,\"step\":%d,\"loss\":%s,\"chance\":%.6f,\"lr\":%.6g,"
                + "\"images_per_second\":%.1f,\"data_share\":%.4f,\"seconds\":%.3f,\"step_bytes\":%d", m,
                fields + "}\n");
    }

    /// The name of a measure as that of a column: `queue age` is `queue_age`.
    private static String column(String measure) {
        return measure.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    }

    /// The cells of a row, which were under the columns of `header`, under those of `names`.
    private static String under(List<String> names, String header, String row) {
        List<String> before = List.of(header.split(","));
        String[] cells = row.split(",", -1);
        return names.stream().map(before::indexOf).map(at -> at >= 0 && at < cells.length ? cells[at] : "")
                .collect(Collectors.joining(","));
    }

    private static String number(double value, String unknown) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.6g", value) : unknown;
    }

    private static void append(Path file, String format, EpochMetrics m, String rest) throws IOException {
        String row = String.format(Locale.ROOT, format, m.epoch(), m.step(), m.loss(), m.chance(), m.lr(),
                m.imagesPerSecond(), m.dataShare(), m.seconds(), m.stepBytes()) + rest;
        try {
            Files.writeString(file, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {                       // that the disk is full says nothing of the file
            throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// Keeps the rows up to step `done` below a new first line, each changed by `as`, which is also given the old one.
    private static void keep(Path file, String head, Pattern row, long done, BinaryOperator<String> as)
            throws IOException {
        StringBuilder kept = new StringBuilder(head);
        String old = Files.exists(file) ? Files.readString(file) : "";
        String[] lines = old.substring(0, old.lastIndexOf('\n') + 1).split("\n");
        for (String line : lines) {
            Matcher matcher = row.matcher(line);
            if (matcher.matches() && Long.parseLong(matcher.group(1)) <= done) {
                kept.append(as.apply(lines[0], line)).append('\n');
            }
        }
        AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
    }
}
