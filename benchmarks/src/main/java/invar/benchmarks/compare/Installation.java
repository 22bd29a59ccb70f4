package invar.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Starts what is installed on this machine.
///
/// System properties name what `dev/bench.sh` found: `bench.peers` (class path of DJL and libtorch, and of our jobs in
/// it), `bench.openblas` (its file), `bench.ceilings` (the compiled C program), `bench.cache` (a folder for libtorch).
final class Installation implements Starter {

    private static final Map<String, String> TUNED_MALLOC = Map.of(
            "MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "4294967296",
            "MALLOC_TRIM_THRESHOLD_", "17179869184", "MALLOC_TOP_PAD_", "268435456");

    private final int threads;
    private final Path log;

    /// @param threads that each process gets
    /// @param log     where everything goes that the processes print for people
    Installation(int threads, Path log) {
        this.threads = threads;
        this.log = log;
    }

    @Override
    public List<Library> start(Libraries kind) throws IOException, Absent {
        String own = System.getProperty("java.class.path"), n = Integer.toString(threads);
        return switch (kind) {
            case INVAR -> List.of(ours("Invar", "fused", "-Xmx8g"));
            case COMPOSED -> List.of(ours("Invar, composed", "composed", "-Xmx8g"));
            case JAVA_CEILING -> List.of(ours("Java loop", "fused", "-Xmx1g"));
            case TORCH -> torch(n);
            case OPENBLAS -> {
                String blas = System.getProperty("bench.openblas", "");
                if (blas.isEmpty()) {
                    throw new Absent("no libopenblas.so.0 was found; on Debian, libopenblas0-pthread has it");
                }
                yield List.of(started("OpenBLAS", Library.java(List.of(), own, OpenBlasChild.class.getName(), n, blas),
                        Map.of("OPENBLAS_NUM_THREADS", n)));
            }
            case C_CEILING -> {
                String ceilings = System.getProperty("bench.ceilings", "");
                if (ceilings.isEmpty() || !Files.isExecutable(Path.of(ceilings))) {
                    throw new Absent("no C compiler was found");
                }
                yield List.of(started("C loop", List.of(ceilings, n), Map.of()));
            }
        };
    }

    @Override
    public Library small(int megabytes) throws IOException {
        return ours("Invar, heap of " + megabytes + " MB", "fused", "-Xmx" + megabytes + "m");
    }

    private Library ours(String label, String form, String heap) throws IOException {
        return started(label, Library.java(List.of(heap), System.getProperty("java.class.path"),
                OurChild.class.getName(), Integer.toString(threads), form), Map.of());
    }

    private List<Library> torch(String n) throws IOException, Absent {
        String peers = System.getProperty("bench.peers", "");
        if (peers.isEmpty()) {
            throw new Absent("DJL is not on the class path; dev/bench.sh gets it from Maven Central");
        }
        List<String> flags = List.of("-Dai.djl.offline=true", "-Dai.djl.pytorch.num_threads=" + n);
        List<String> command = Library.java(flags, peers, "invar.benchmarks.peers.TorchChild", n);
        Map<String, String> environment = new HashMap<>(Map.of("DJL_CACHE_DIR", System.getProperty("bench.cache"),
                "DJL_OFFLINE", "true", "OFFLINE", "true", "OPT_OUT_TRACKING", "true",
                "OMP_NUM_THREADS", n, "MKL_NUM_THREADS", n, "MKL_DYNAMIC", "FALSE"));
        Library standard = started("default malloc", command, environment);
        environment.putAll(TUNED_MALLOC);
        try {
            return List.of(standard, started("tuned malloc", command, environment));
        } catch (IOException e) {
            standard.close();
            throw e;
        }
    }

    private Library started(String label, List<String> command, Map<String, String> environment) throws IOException {
        try {
            Library library = Library.start(label, command, environment, log);
            System.out.println(label + ": " + library.who());
            return library;
        } catch (IOException e) {
            throw new IOException(label + " does not start: " + e.getMessage() + "; " + log + " may say why", e);
        }
    }
}
