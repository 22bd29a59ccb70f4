package invar.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the numbers were measured on.
final class Machine {

    private Machine() {}

    /// In one line: processor, cores, vectors, memory, system.
    static String describe() throws IOException {
        String model = fact("/proc/cpuinfo", "model name"), flags = " " + fact("/proc/cpuinfo", "flags") + " ";
        String vectors = flags.contains(" avx512f ") ? "AVX-512" : flags.contains(" avx2 ") ? "AVX2" : "no AVX2";
        String memory = fact("/proc/meminfo", "MemTotal").replaceAll("\\D", "");
        return (model.isEmpty() ? System.getProperty("os.arch") : model + family())
                + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + vectors
                + (memory.isEmpty() ? "" : ", " + Math.round(Long.parseLong(memory) / 1048576.0) + " GiB")
                + "; " + System.getProperty("os.name") + " " + System.getProperty("os.version")
                + "; Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")";
    }

    private static String family() throws IOException {
        return " (family " + fact("/proc/cpuinfo", "cpu family") + ", model " + fact("/proc/cpuinfo", "model") + ")";
    }

    private static String fact(String file, String key) throws IOException {
        if (!Files.exists(Path.of(file))) return "";
        List<String> lines = Files.readAllLines(Path.of(file));
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(key)) return line.substring(colon + 1).strip();
        }
        return "";
    }
}
