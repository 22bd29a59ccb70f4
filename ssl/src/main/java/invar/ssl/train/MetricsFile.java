package invar.ssl.train;

import invar.nn.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One row an epoch, as CSV and as JSON lines.
public final class MetricsFile {

    private static final String HEADER =
            "epoch,step,loss,chance,lr,images_per_second,data_share,seconds,step_bytes";

    /// Group 1 is the step.
    private static final Pattern CSV_ROW = Pattern.compile("\\d+,(\\d{1,18}),.*"),
            JSON_ROW = Pattern.compile("\\{.*\"step\":(\\d{1,18}),.*\\}");

    private final RunFolder folder;

    private MetricsFile(RunFolder folder) {
        this.folder = folder;
    }

    /// The files of a run, made if there are none. Rows after step `done` are dropped, and a last one that is torn: a
    /// run that continues from there writes them again.
    ///
    /// @throws IOException if they cannot be read or written
    public static MetricsFile open(RunFolder folder, long done) throws IOException {
        MetricsFile file = new MetricsFile(folder);
        keep(folder.metricsCsv(), HEADER + "\n", CSV_ROW, done);
        keep(folder.metricsJson(), "", JSON_ROW, done);
        return file;
    }

    /// Adds a row. The loss has all its digits, so that runs can be compared.
    public void add(EpochMetrics m) throws IOException {
        append(folder.metricsCsv(), "%d,%d,%s,%.6f,%.6g,%.1f,%.4f,%.3f,%d\n", m);
        append(folder.metricsJson(), "{\"epoch\":%d,\"step\":%d,\"loss\":%s,\"chance\":%.6f,\"lr\":%.6g,"
                + "\"images_per_second\":%.1f,\"data_share\":%.4f,\"seconds\":%.3f,\"step_bytes\":%d}\n", m);
    }

    private static void append(Path file, String format, EpochMetrics m) throws IOException {
        String row = String.format(Locale.ROOT, format, m.epoch(), m.step(), m.loss(), m.chance(), m.lr(),
                m.imagesPerSecond(),
                m.dataShare(), m.seconds(), m.stepBytes());
        try {
            Files.writeString(file, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {                       // that the disk is full says nothing of the file
            throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// Keeps the first line and the rows up to step `done`.
    private static void keep(Path file, String head, Pattern row, long done) throws IOException {
        StringBuilder kept = new StringBuilder(head);
        String old = Files.exists(file) ? Files.readString(file) : "";
        for (String line : old.substring(0, old.lastIndexOf('\n') + 1).split("\n")) {
            Matcher matcher = row.matcher(line);
            if (matcher.matches() && Long.parseLong(matcher.group(1)) <= done) kept.append(line).append('\n');
        }
        AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
    }
}
