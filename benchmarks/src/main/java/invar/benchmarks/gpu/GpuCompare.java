package invar.benchmarks.gpu;

import invar.benchmarks.compare.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The comparison with PyTorch on a GPU: what `dev/gpu-bench.sh` starts. `--help` prints the options.
///
/// Other things are told by system properties: `bench.python` is a Python that may have PyTorch, and `bench.peer` the
/// file `torch_peer.py`; `bench.page` is the page, `bench.folder` where the processes print and leave files for each
/// other, `bench.commit` what was built, `bench.device` the device.
public final class GpuCompare {

    private static final String HELP = """
            Times our kernels on a GPU in turn with PyTorch's, and writes tables to docs/performance-gpu.md.

            --quick           fewer cases and rounds, none begun after 8 minutes
            --only PATTERN    only cases whose group, name or precision contains PATTERN
            --list            prints the cases and ends
            --help            prints this and ends

            A case that fails is named on the standard error and in its table, and the others go on. Without PyTorch,
            ours and the ceilings are measured, which counts as a failure. The exit status is 0 if nothing failed,
            whatever bars are missed, 1 if anything did, and 2 for an option that is none, or where there is no GPU.
            """;
    private static final Duration PATIENCE = Duration.ofMinutes(8), QUICK_PATIENCE = Duration.ofMinutes(2);

    private GpuCompare() {}

    /// Runs.
    public static void main(String[] args) throws IOException {
        String only = "";
        boolean quick = false, list = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--quick" -> quick = true;
                case "--list" -> list = true;
                case "--only" -> {
                    if (++i == args.length) refuse("--only needs a value");
                    only = args[i];
                }
                case "--help" -> {
                    System.out.print(HELP);
                    return;
                }
                default -> refuse("no option is called " + args[i] + ": there are --quick, --only, --list, --help");
            }
        }
        List<GpuCase> cases = chosen(only, quick);
        if (cases.isEmpty()) refuse("no case contains '" + only + "': --list prints them");
        if (list) {
            cases.forEach(c -> System.out.println(c.group() + "  " + c.name() + "  " + c.precision()));
            return;
        }
        System.exit(run(cases, quick));
    }

    private static List<GpuCase> chosen(String only, boolean quick) {
        List<GpuCase> chosen = new ArrayList<>();
        for (GpuCase c : GpuCases.all()) {
            boolean asked = c.group().contains(only) || c.name().contains(only)
                    || c.precision().toString().contains(only);
            if (asked && (c.quick() || !quick)) chosen.add(quick ? withoutSlowCompilation(c) : c);
        }
        return chosen;
    }

    /// PyTorch takes up to minutes for its slower way to compile one function.
    private static GpuCase withoutSlowCompilation(GpuCase c) {
        List<String> theirs = c.theirs().stream().filter(form -> !form.equals(GpuCases.COMPILE_MOST)).toList();
        return new GpuCase(c.group(), c.title(), c.name(), c.precision(), c.work(), c.images(), c.quick(), c.ours(),
                theirs, c.bars());
    }

    private static int run(List<GpuCase> cases, boolean quick) throws IOException {
        Troubles troubles = new Troubles(System.err);
        Path folder = Path.of(System.getProperty("bench.folder", ".")).toAbsolutePath();
        Files.createDirectories(folder);
        Path log = folder.resolve("gpu-bench.log"), file = Path.of(System.getProperty("bench.page", ""));
        Duration patience = quick ? QUICK_PATIENCE : PATIENCE;
        Optional<Page> page = Files.isRegularFile(file) ? Optional.of(new Page(file)) : Optional.empty();
        try (Party ours = new Party(ours(), log, patience)) {
            System.out.println(ours.who());
            Optional<Party> theirs = theirs(folder, log, patience, troubles);
            try {
                new GpuRun(quick ? Plan.QUICK : Plan.FULL, ours, theirs, page, folder, troubles).measure(cases);
            } finally {
                theirs.ifPresent(Party::close);
            }
        } catch (Party.Absent e) {
            System.err.println("gpu-bench: there is no GPU to measure on: " + e.getMessage() + ".");
            return 2;
        }
        return troubles.status();
    }

    private static List<String> ours() {
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-XX:Tier3DelayOn=100000", "-cp", System.getProperty("java.class.path"), GpuChild.class.getName(),
                System.getProperty("bench.device", "cuda"));
    }

    private static Optional<Party> theirs(Path folder, Path log, Duration patience, Troubles troubles) {
        String device = System.getProperty("bench.device", "cuda");
        List<String> command = List.of(System.getProperty("bench.python", "python3"),
                System.getProperty("bench.peer", "benchmarks/src/main/python/torch_peer.py"), "--device", device,
                "--folder", folder.toString());
        try {
            Party theirs = new Party(command, log, patience);
            System.out.println(theirs.who());
            return Optional.of(theirs);
        } catch (Party.Absent | IOException e) {
            troubles.add("PyTorch", "it does not take part: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static void refuse(String sentence) {
        System.err.println("gpu-bench: " + sentence + ".");
        System.exit(2);
    }
}
