package invar.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The processes of a run with one number of threads; a peer that is not installed is said to be missing, in one line.
///
/// System properties name what `dev/bench.sh` found: `bench.peers` (class path of DJL and libtorch, and of our jobs in
/// it), `bench.openblas` (its file), `bench.ceilings` (the compiled C program), `bench.cache` (a folder for libtorch).
final class Roster implements AutoCloseable {

    private static final Map<String, String> TUNED_MALLOC = Map.of(
            "MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "4294967296",
            "MALLOC_TRIM_THRESHOLD_", "17179869184", "MALLOC_TOP_PAD_", "268435456");

    private final int threads;
    private final Path log;
    private final Map<Libraries, List<Library>> libraries = new EnumMap<>(Libraries.class);

    private Roster(int threads, Path log) {
        this.threads = threads;
        this.log = log;
    }

    /// Starts everyone who is installed.
    static Roster start(int threads, Path log) throws IOException {
        Roster roster = new Roster(threads, log);
        String own = System.getProperty("java.class.path"), n = Integer.toString(threads);
        String main = OurChild.class.getName();
        roster.add(Libraries.INVAR, "Invar", Library.java(List.of("-Xmx8g"), own, main, n, "fused"), Map.of());
        roster.add(Libraries.COMPOSED, "Invar, composed",
                Library.java(List.of("-Xmx8g"), own, main, n, "composed"), Map.of());
        roster.add(Libraries.JAVA_CEILING, "Java loop", Library.java(List.of(), own, main, n, "fused"), Map.of());
        roster.startPeers(n);
        return roster;
    }

    private void startPeers(String n) throws IOException {
        String peers = System.getProperty("bench.peers", "");
        if (peers.isEmpty()) {
            missing("libtorch", "DJL is not on the class path; dev/bench.sh gets it from Maven Central");
        } else {
            List<String> command = Library.java(
                    List.of("-Dai.djl.offline=true", "-Dai.djl.pytorch.num_threads=" + n), peers,
                    "invar.benchmarks.peers.TorchChild", n);
            Map<String, String> environment = new HashMap<>(Map.of("DJL_CACHE_DIR", System.getProperty("bench.cache"),
                    "DJL_OFFLINE", "true", "OFFLINE", "true", "OPT_OUT_TRACKING", "true",
                    "OMP_NUM_THREADS", n, "MKL_NUM_THREADS", n, "MKL_DYNAMIC", "FALSE"));
            add(Libraries.TORCH, "default malloc", command, environment);
            environment.putAll(TUNED_MALLOC);
            add(Libraries.TORCH, "tuned malloc", command, environment);
        }
        String blas = System.getProperty("bench.openblas", "");
        if (blas.isEmpty()) {
            missing("OpenBLAS", "no libopenblas.so.0 was found; on Debian, libopenblas0-pthread has it");
        } else {
            add(Libraries.OPENBLAS, "OpenBLAS", Library.java(List.of(), System.getProperty("java.class.path"),
                    OpenBlasChild.class.getName(), n, blas), Map.of("OPENBLAS_NUM_THREADS", n));
        }
        String ceilings = System.getProperty("bench.ceilings", "");
        if (ceilings.isEmpty() || !Files.isExecutable(Path.of(ceilings))) {
            missing("ceilings in C", "no C compiler was found");
        } else {
            add(Libraries.C_CEILING, "C loop", List.of(ceilings, n), Map.of());
        }
    }

    private static void missing(String who, String why) {
        System.out.println("Not taking part: " + who + ": " + why + ".");
    }

    private void add(Libraries kind, String label, List<String> command, Map<String, String> environment)
            throws IOException {
        Library library = Library.start(label, command, environment, log);
        libraries.computeIfAbsent(kind, k -> new ArrayList<>()).add(library);
        System.out.println(label + ": " + library.who());
    }

    /// How many threads each of them has.
    int threads() {
        return threads;
    }

    /// The processes of one kind; none if it is not installed.
    List<Library> of(Libraries kind) {
        return libraries.getOrDefault(kind, List.of());
    }

    /// Our process.
    Library ours() {
        return of(Libraries.INVAR).getFirst();
    }

    /// Everyone.
    List<Library> all() {
        return libraries.values().stream().flatMap(List::stream).toList();
    }

    @Override
    public void close() {
        all().forEach(Library::close);
    }
}
