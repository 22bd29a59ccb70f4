package invar.ssl.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// One row an epoch, as CSV and as JSON lines.
public final class MetricsFile {

    private static final String HEADER =
            "epoch,step,loss,chance,lr,images_per_second,data_share,seconds,step_bytes";

    private final RunFolder folder;

    private MetricsFile(RunFolder folder) {
        this.folder = folder;
    }

    /// The files of a run, made if there are none. Rows after step `done` are dropped: a run that continues from there writes
    /// them again.
    public static MetricsFile open(RunFolder folder, long done) throws IOException {
        MetricsFile file = new MetricsFile(folder);
        if (Files.exists(folder.metricsCsv())) {
            keep(folder.metricsCsv(), done, line -> line.split(",")[1]);
            keep(folder.metricsJson(), done, line -> line.replaceFirst(".*\"step\":(\\d+).*", "$1"));
        } else {
            Files.writeString(folder.metricsCsv(), HEADER + "\n");
            Files.writeString(folder.metricsJson(), "");
        }
        return file;
    }

    /// Adds a row.
    public void add(EpochMetrics m) throws IOException {
        String csv = String.format(Locale.ROOT, "%d,%d,%.6f,%.6f,%.6g,%.1f,%.4f,%.3f,%d%n", m.epoch(), m.step(), m.loss(),
                m.chance(), m.lr(), m.imagesPerSecond(), m.dataShare(), m.seconds(), m.stepBytes());
        String json = String.format(Locale.ROOT, "{\"epoch\":%d,\"step\":%d,\"loss\":%.6f,\"chance\":%.6f,\"lr\":%.6g,"
                + "\"images_per_second\":%.1f,\"data_share\":%.4f,\"seconds\":%.3f,\"step_bytes\":%d}%n", m.epoch(), m.step(),
                m.loss(), m.chance(), m.lr(), m.imagesPerSecond(), m.dataShare(), m.seconds(), m.stepBytes());
        Files.writeString(folder.metricsCsv(), csv, StandardOpenOption.APPEND);
        Files.writeString(folder.metricsJson(), json, StandardOpenOption.APPEND);
    }

    private interface StepOf {
        String in(String line);
    }

    private static void keep(Path file, long done, StepOf step) throws IOException {
        List<String> kept = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String number = line.isEmpty() || line.equals(HEADER) ? "0" : step.in(line);
            if (number.matches("\\d+") && Long.parseLong(number) <= done) kept.add(line);     // a torn last row goes too
        }
        byte[] text = kept.isEmpty() ? new byte[0] : (String.join("\n", kept) + "\n").getBytes(StandardCharsets.UTF_8);
        invar.nn.io.AtomicFile.write(file, channel -> channel.write(java.nio.ByteBuffer.wrap(text)));
    }
}
