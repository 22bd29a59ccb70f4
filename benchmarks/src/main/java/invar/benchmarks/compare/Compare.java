package invar.benchmarks.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The comparison with other libraries: what `dev/bench.sh` starts. `--help` prints the options.
///
/// Other things are told by system properties: see [Installation]; `bench.page` is the page, `bench.commit` what was
/// built, `bench.log` where the processes print.
public final class Compare {

    private static final String HELP = """
            Times our kernels in turn with those of other libraries, and writes tables to docs/performance.md.

            --quick           fewer and shorter rounds
            --only PATTERN    only cases whose group or name contains PATTERN; only whole groups are written
            --against PATTERN only rivals whose label contains PATTERN, e.g. "tuned malloc"; nothing is written
            --threads 1,2     numbers of threads, each in turn; default: 1 and all
            --list            prints the cases and ends
            --help            prints this and ends

            A group of cases keeps its old table if one of its cases fails or loses a rival: if a result is wrong, or
            a process ends or does not start. Each failure is a sentence on the standard error, and the other groups
            go on. The exit status is 0 if nothing failed, whatever bars are missed, 1 if anything did, and 2 for an
            option that is none.
            OpenBLAS and the C compiler may be missing: the tables say so, and it is a failure only in a group that
            sets a bar against the missing one (sgemm: OpenBLAS). libtorch may not: dev/bench.sh installs it.
            """;
    private static final Measurement.Plan FULL = new Measurement.Plan(11, 0.15, 2.5, 25);
    private static final Measurement.Plan QUICK = new Measurement.Plan(5, 0.06, 0.8, 4);

    private Compare() {}

    /// Runs.
    public static void main(String[] args) {
        String only = "", against = "", threads = "1," + Runtime.getRuntime().availableProcessors();
        boolean quick = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--quick" -> quick = true;
                case "--only" -> only = value(args, ++i);
                case "--against" -> against = value(args, ++i);
                case "--threads" -> threads = value(args, ++i);
                case "--list" -> {
                    Cases.all().forEach(c -> System.out.println(c.group() + "  " + c.name()));
                    return;
                }
                case "--help" -> {
                    System.out.print(HELP);
                    return;
                }
                default -> refuse("no option is called " + args[i]
                        + ": there are --quick, --only, --against, --threads, --list, --help");
            }
        }
        Map<String, List<Case>> groups = new LinkedHashMap<>();
        for (Case c : Cases.all()) {
            if (!c.group().contains(only) && !c.name().contains(only)) continue;
            groups.computeIfAbsent(c.group(), g -> new ArrayList<>()).add(c);
        }
        if (groups.isEmpty()) refuse("no case or group contains '" + only + "': --list prints them");
        Failures failures = new Failures(System.err);
        Path log = Path.of(System.getProperty("bench.log", "bench.log"));
        for (int n : Arrays.stream(threads.split(",")).mapToInt(Compare::threads).distinct().toArray()) {
            try (Roster roster = new Roster(n, new Installation(n, log))) {
                new Run(quick ? QUICK : FULL, roster, against, page(against), failures).measure(groups);
            }
        }
        System.exit(failures.status());
    }

    private static Optional<Page> page(String against) {
        Path file = Path.of(System.getProperty("bench.page", ""));
        return against.isEmpty() && Files.isRegularFile(file) ? Optional.of(new Page(file)) : Optional.empty();
    }

    private static String value(String[] args, int i) {
        if (i >= args.length) refuse(args[i - 1] + " needs a value");
        return args[i];
    }

    private static int threads(String number) {
        if (!number.matches("[1-9][0-9]?")) refuse("--threads takes numbers such as 1,2 but got " + number);
        return Integer.parseInt(number);
    }

    private static void refuse(String sentence) {
        System.err.println("bench: " + sentence + ".");
        System.exit(2);
    }
}
