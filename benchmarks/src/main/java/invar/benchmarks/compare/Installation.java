package invar.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /// Nobody yet: a library is started when it is first asked for.
    ///
    /// @param log where everything goes that the processes print for people
    Roster(int threads, Path log) {
        this.threads = threads;
        this.log = log;
    }

    /// How many threads each of them has.
    int threads() {
        return threads;
    }

    /// The processes of one kind; none if it is not installed.
    List<Library> of(Libraries kind) {
        return libraries.computeIfAbsent(kind, this::start);
    }

    /// Our process.
    Library ours() {
        return of(Libraries.INVAR).getFirst();
    }

    /// Everyone who was started.
    List<Library> started() {
        return libraries.values().stream().flatMap(List::stream).toList();
    }

    private List<Library> start(Libraries kind) {
        String own = System.getProperty("java.class.path"), n = Integer.toString(threads);
        return switch (kind) {
            case INVAR -> List.of(ours("Invar", "fused", "-Xmx8g"));
            case COMPOSED -> List.of(ours("Invar, composed", "composed", "-Xmx8g"));
            case JAVA_CEILING -> List.of(ours("Java loop", "fused", "-Xmx1g"));
            case TORCH -> torch(n);
            case OPENBLAS -> {
                String blas = System.getProperty("bench.openblas", "");
                if (blas.isEmpty()) {
                    yield missing("OpenBLAS", "no libopenblas.so.0 was found; on Debian, libopenblas0-pthread has it");
                }
                yield List.of(started("OpenBLAS", Library.java(List.of(), own, OpenBlasChild.class.getName(), n, blas),
                        Map.of("OPENBLAS_NUM_THREADS", n)));
            }
            case C_CEILING -> {
                String ceilings = System.getProperty("bench.ceilings", "");
                if (ceilings.isEmpty() || !Files.isExecutable(Path.of(ceilings))) {
                    yield missing("ceilings in C", "no C compiler was found");
                }
                yield List.of(started("C loop", List.of(ceilings, n), Map.of()));
            }
        };
    }

    /// Another process of this project, which the caller closes.
    Library ours(String label, String form, String heap) {
        return started(label, Library.java(List.of(heap), System.getProperty("java.class.path"),
                OurChild.class.getName(), Integer.toString(threads), form), Map.of());
    }

    private List<Library> torch(String n) {
        String peers = System.getProperty("bench.peers", "");
        if (peers.isEmpty()) {
            return missing("libtorch", "DJL is not on the class path; dev/bench.sh gets it from Maven Central");
        }
        List<String> flags = List.of("-Dai.djl.offline=true", "-Dai.djl.pytorch.num_threads=" + n);
        List<String> command = Library.java(flags, peers, "invar.benchmarks.peers.TorchChild", n);
        Map<String, String> environment = new HashMap<>(Map.of("DJL_CACHE_DIR", System.getProperty("bench.cache"),
                "DJL_OFFLINE", "true", "OFFLINE", "true", "OPT_OUT_TRACKING", "true",
                "OMP_NUM_THREADS", n, "MKL_NUM_THREADS", n, "MKL_DYNAMIC", "FALSE"));
        Library standard = started("default malloc", command, environment);
        environment.putAll(TUNED_MALLOC);
        return List.of(standard, started("tuned malloc", command, environment));
    }

    private static List<Library> missing(String who, String why) {
        System.out.println("Not taking part: " + who + ": " + why + ".");
        return List.of();
    }

    private Library started(String label, List<String> command, Map<String, String> environment) {
        try {
            Library library = Library.start(label, command, environment, log);
            System.out.println(label + ": " + library.who());
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException(label + " cannot be started; " + log + " may say why", e);
        }
    }

    @Override
    public void close() {
        started().forEach(Library::close);
    }
}
