package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The committed PTX was made of the committed sources. Needs no nvcc: where it is there, `kernels/build.sh --check`
/// compares the bytes too.
class KernelsManifestTest {

    private static final Path SOURCES = Path.of("../kernels/src/main/cuda");
    private static final Path PTX = Path.of("../kernels/src/main/resources/invar/kernels");
    private static final String MEND = "run kernels/build.sh and commit what it writes";

    private static Map<String, String> hashes(Path folder, String pattern) throws IOException {
        Map<String, String> hashes = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.getFileName().toString().matches(pattern)).toList()) {
                hashes.put(file.getFileName().toString(), HexFormat.of().formatHex(sha256(Files.readAllBytes(file))));
            }
        }
        return hashes;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> names(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text);
        return matcher.results().map(r -> r.group(1)).toList();
    }

    @Test
    void theManifestHasTheHashesOfTheSourcesAndOfThePtx() throws IOException {
        Map<String, String> written = new TreeMap<>(), actual = hashes(SOURCES, ".*\\.cuh?");
        actual.putAll(hashes(PTX, ".*\\.ptx|index\\.txt"));
        List<String> lines = Files.readAllLines(PTX.resolve("manifest.txt"));
        for (String line : lines.subList(1, lines.size())) {
            String[] parts = line.split("\\s+");
            written.put(parts[1], parts[0]);
        }
        assertThat(written).as(MEND).isEqualTo(actual);
        assertThat(lines.getFirst()).matches("nvcc V\\d+\\.\\d+\\.\\d+ .*-arch=compute_75.*");
    }

    @Test
    void everySourceHasItsPtxForOldDriversAndOldDevices() throws IOException {
        for (String source : hashes(SOURCES, ".*\\.cu").keySet()) {
            String ptx = Files.readString(PTX.resolve(source.replace(".cu", ".ptx")), StandardCharsets.UTF_8);
            assertThat(names(ptx, "^\\.version (.*)$")).as(source).containsExactly("8.0");
            List<String> architecture = names(Files.readString(SOURCES.resolve(source)),
                    "^// architecture: compute_(\\d+)$");
            assertThat(names(ptx, "^\\.target (.*)$")).as(source)
                    .containsExactly("sm_" + (architecture.isEmpty() ? "75" : architecture.getFirst()));
            assertThat(source.matches(".*_(tf32|bf16)\\.cu")).as(source + " is loaded from 8.0 on, and only then")
                    .isEqualTo(architecture.equals(List.of("80")));
        }
    }

    /// Three places name entry points: the index, the PTX and the emulator's library.
    @Test
    void theIndexNamesEveryEntryPointOnce() throws IOException {
        Map<String, String> index = new TreeMap<>();
        for (String line : Files.readAllLines(PTX.resolve("index.txt"))) {
            String[] parts = line.split(" ");
            assertThat(index.put(parts[0], parts[1])).as(parts[0] + " is in two files").isNull();
        }
        TreeSet<String> entries = new TreeSet<>();
        for (String file : hashes(PTX, ".*\\.ptx").keySet()) {
            for (String entry : names(Files.readString(PTX.resolve(file)), "^\\.visible \\.entry (\\w+)")) {
                entries.add(entry);
                assertThat(index).as(entry).containsEntry(entry, file.replace(".ptx", ""));
            }
        }
        assertThat(index.keySet()).isEqualTo(entries);
        for (String entry : entries) {
            assertThat(Emulator.knows(entry)).as("the emulator has no " + entry).isTrue();
        }
    }
}
