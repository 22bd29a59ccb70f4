package invar.ssl.cli;

import invar.nn.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;

/// What a finished run is worth, as CSV for scripts: `representation,measure,value`, with all digits.
final class ResultFile {

    private static final Path STATUS = Path.of("/proc/self/status");

    private ResultFile() {}

    /// Writes the file as a whole or not at all. The last row is the most memory that the process has had, in MiB,
    /// where the operating system tells it (Linux).
    static void save(Path file, Map<String, Map<String, Double>> rows) throws IOException {
        StringBuilder text = new StringBuilder("representation,measure,value\n");
        rows.forEach((representation, measures) -> measures.forEach((measure, value) -> text.append(quoted(
                representation)).append(',').append(quoted(measure)).append(',').append(value).append('\n')));
        OptionalLong peak = peakMemory();
        if (peak.isPresent()) text.append("run,peak memory in MiB,").append(peak.getAsLong()).append('\n');
        AtomicFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String quoted(String text) {
        return text.contains(",") ? '"' + text + '"' : text;
    }

    /// `VmHWM: 123456 kB`.
    private static OptionalLong peakMemory() throws IOException {
        if (!Files.isReadable(STATUS)) return OptionalLong.empty();
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024).findFirst();
    }
}
