package invar.benchmarks.compare;

import invar.benchmarks.compare.Measurement.Candidate;
import invar.benchmarks.compare.Measurement.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The comparison with other libraries: what `dev/bench.sh` starts.
/// ```
/// --quick           fewer and shorter rounds
/// --only PATTERN    only cases whose group or name contains PATTERN; a group with all its cases is written to the page
/// --against PATTERN only rivals whose label contains PATTERN, e.g. "tuned malloc"; nothing is written to the page
/// --threads 1,2     numbers of threads, each in turn
/// --list            prints the cases and ends
/// ```
/// Other things are told by system properties: see [Roster]; `bench.page` is the page, `bench.commit` what was built.
public final class Compare {

    private static final Measurement.Plan FULL = new Measurement.Plan(11, 0.15, 2.5, 25);
    private static final Measurement.Plan QUICK = new Measurement.Plan(5, 0.06, 0.8, 4);

    private final Measurement.Plan plan;
    private final Roster roster;
    private final Report report;
    private final String against;
    private Library multiplyAdds;

    private Compare(Measurement.Plan plan, Roster roster, String against) {
        this.plan = plan;
        this.against = against;
        this.roster = roster;
        this.report = new Report(roster, fmaCeiling());    // finds the better loop of multiply-adds, too
    }

    /// Runs.
    public static void main(String[] args) throws IOException {
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
                default -> refuse("no option is called " + args[i]
                        + ": there are --quick, --only, --against, --threads, --list");
            }
        }
        Map<String, List<Case>> groups = new LinkedHashMap<>();
        for (Case c : Cases.all()) {
            if (!c.group().contains(only) && !c.name().contains(only)) continue;
            groups.computeIfAbsent(c.group(), g -> new ArrayList<>()).add(c);
        }
        if (groups.isEmpty()) refuse("no case or group contains '" + only + "': --list prints them");
        for (int n : Arrays.stream(threads.split(",")).mapToInt(Compare::threads).distinct().toArray()) {
            run(quick ? QUICK : FULL, n, groups, against);
        }
    }

    private static void run(Measurement.Plan plan, int threads, Map<String, List<Case>> groups, String against)
            throws IOException {
        Path log = Path.of(System.getProperty("bench.log", "bench.log"));
        Page page = new Page(Path.of(System.getProperty("bench.page", "docs/performance.md")));
        try (Roster roster = new Roster(threads, log)) {
            Compare compare = new Compare(plan, roster, against);
            for (Map.Entry<String, List<Case>> group : groups.entrySet()) {
                String block = compare.measure(group.getKey(), group.getValue());
                long all = Cases.all().stream().filter(c -> c.group().equals(group.getKey())).count();
                boolean complete = group.getValue().size() == all && against.isEmpty();
                if (complete && Files.exists(Path.of(System.getProperty("bench.page", "")))) {
                    page.replace(group.getKey() + ", " + Report.threads(threads), block);
                }
            }
        }
    }

    private String measure(String group, List<Case> cases) throws IOException {
        List<String> rows = new ArrayList<>();
        for (Case c : cases) {
            if (c.heap() > 0) {
                rows.addAll(alone(c));
                continue;
            }
            System.out.println(c.title() + ", " + Report.threads(roster.threads()));
            try {
                List<String> lines = report.rows(c, Measurement.of(candidates(c), plan));
                lines.forEach(line -> System.out.println("  " + line));
                rows.addAll(lines);
            } catch (IllegalStateException e) {
                System.out.println("  FAILED: " + e.getMessage());
                rows.add("| " + c.title() + " | failed: " + e.getMessage() + " | | | | | | |");
            }
        }
        return report.block(group, plan, rows);
    }

    /// One call in a process of its own, with a small heap: whether it runs there, and the most memory it has.
    private List<String> alone(Case c) {
        System.out.println(c.title() + ", " + Report.threads(roster.threads()));
        try (Library small = roster.ours("Invar, heap of " + c.heap() + " MB", "fused", "-Xmx" + c.heap() + "m")) {
            small.prepare(c.name(), 0);
            Library.Round round = small.round(c.name(), 0);
            List<String> rows = List.of(report.memoryRow(c, small.label(), round, small.peak()));
            rows.forEach(line -> System.out.println("  " + line));
            return rows;
        }
    }

    private List<Candidate> candidates(Case c) {
        List<Candidate> candidates = new ArrayList<>();
        candidates.add(new Candidate(roster.ours(), "Invar", c.name(), 0));
        for (Rival rival : c.rivals()) {
            for (Library library : roster.of(rival.library())) {
                String label = rival.library() == Libraries.TORCH
                        ? rival.label() + ", " + library.label() : library.label();
                if (label.contains(against)) candidates.add(new Candidate(library, label, rival.name(), rival.bar()));
            }
        }
        if (c.flops() > 0) candidates.add(new Candidate(multiplyAdds, Report.MULTIPLY_ADDS, "ceiling-fma", 0));
        if (!c.memory().isEmpty()) {
            for (Library library : ceilings()) {
                candidates.add(new Candidate(library, "ceiling, " + library.label(), c.memory(), 0));
            }
        }
        return candidates;
    }

    private List<Library> ceilings() {
        List<Library> both = new ArrayList<>(roster.of(Libraries.JAVA_CEILING));
        both.addAll(roster.of(Libraries.C_CEILING));
        return both;
    }

    /// Multiply-adds a second on all threads, times 2: the better of Java's and C's loop.
    private double fmaCeiling() {
        List<Candidate> candidates = new ArrayList<>();
        for (Library library : ceilings()) candidates.add(new Candidate(library, library.label(), "ceiling-fma", 0));
        double best = 0;
        for (Entry entry : Measurement.of(candidates, new Measurement.Plan(7, 0.06, 2, 10))) {
            double rate = Ceilings.FLOPS * roster.threads() / entry.spread().median();
            System.out.printf("multiply-adds, %s: %.1f GF/s%n", entry.label(), rate / 1e9);
            if (rate > best) multiplyAdds = entry.library();
            best = Math.max(best, rate);
        }
        return best;
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
