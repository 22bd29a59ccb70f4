package invar.benchmarks.compare;

import invar.benchmarks.compare.Measurement.Candidate;
import invar.benchmarks.compare.Measurement.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// All groups of cases with one number of threads.
final class Run {

    private final Measurement.Plan plan;
    private final Roster roster;
    private final String against;
    private final Optional<Page> page;
    private final Failures failures;

    /// @param against only rivals whose label contains it take part
    /// @param page    gets the table of each group that is whole and without a failure
    Run(Measurement.Plan plan, Roster roster, String against, Optional<Page> page, Failures failures) {
        this.plan = plan;
        this.roster = roster;
        this.against = against;
        this.page = page;
        this.failures = failures;
    }

    /// Measures group by group; what fails in one is told, and the others go on.
    void measure(Map<String, List<Case>> groups) {
        String threads = Report.threads(roster.threads()), all = "all groups, " + threads;
        MultiplyAdds multiplyAdds;
        try {
            Consumer<String> lost = sentence -> failures.add("multiply-adds, " + threads, sentence);
            multiplyAdds = MultiplyAdds.of(ceilings(lost), roster.threads(), plan, lost);
        } catch (RuntimeException e) {
            failures.add(all, "the ceiling cannot be measured: " + said(e));
            return;
        }
        groups.forEach((group, cases) -> new Group(group + ", " + threads, multiplyAdds).measure(cases));
    }

    /// Our own exceptions carry a sentence; any other needs the name of its class to be understood.
    private static String said(RuntimeException e) {
        return e instanceof IllegalStateException ? e.getMessage() : e.toString();
    }

    /// The loops in Java and, if there is a compiler, in C.
    private List<Library> ceilings(Consumer<String> lost) {
        List<Library> both = new ArrayList<>(roster.of(Libraries.JAVA_CEILING));
        try {
            both.addAll(roster.of(Libraries.C_CEILING));
        } catch (IllegalStateException e) {
            lost.accept(e.getMessage());
        }
        return both;
    }

    /// One table in the making.
    private final class Group {

        private final String block;
        private final MultiplyAdds multiplyAdds;
        private final Report report;
        private final Set<String> who = new LinkedHashSet<>(), absent = new LinkedHashSet<>();
        private final List<String> rows = new ArrayList<>();

        Group(String block, MultiplyAdds multiplyAdds) {
            this.block = block;
            this.multiplyAdds = multiplyAdds;
            this.report = new Report(roster.threads(), multiplyAdds);
        }

        void measure(List<Case> cases) {
            for (Case c : cases) {
                System.out.println(c.title() + ", " + Report.threads(roster.threads()));
                try {
                    List<String> lines = c.heap() > 0 ? alone(c) : inTurn(c);
                    lines.forEach(line -> System.out.println("  " + line));
                    rows.addAll(lines);
                } catch (RuntimeException e) {
                    failures.add(block, c.title() + " failed: " + said(e));
                }
            }
            String group = cases.getFirst().group();
            boolean whole = cases.size() == Cases.of(group).size();
            if (page.isEmpty() || !whole || failures.of(block)) return;
            try {
                page.get().replace(block, report.block(block, plan, who, absent, rows));
            } catch (IOException e) {
                failures.add(block, "the page cannot be written: " + e.getMessage());
            }
        }

        private List<String> inTurn(Case c) {
            Consumer<String> lost = sentence -> failures.add(block, c.title() + ": " + sentence);
            List<Entry> entries = Measurement.of(candidates(c, lost), plan, lost);
            for (Entry entry : entries) who.add(entry.library().who());
            return report.rows(c, entries);
        }

        /// One call in a process of its own, with a small heap: whether it runs there, and the most memory it has.
        private List<String> alone(Case c) {
            try (Library small = roster.small(c.heap())) {
                small.prepare(c.name(), 0);
                Library.Round round = small.round(c.name(), 0);
                who.add(small.who());
                return List.of(report.memoryRow(c, small.label(), round, small.peak()));
            }
        }

        private List<Candidate> candidates(Case c, Consumer<String> lost) {
            List<Candidate> candidates = new ArrayList<>();
            candidates.add(new Candidate(roster.ours(), "Invar", c.name(), 0));
            for (Rival rival : c.rivals()) candidates.addAll(candidates(rival, lost));
            ceilings(lost).stream().filter(loop -> loop.label().equals(multiplyAdds.loop())).findFirst().ifPresent(
                    loop -> candidates.add(new Candidate(loop, Report.MULTIPLY_ADDS, "ceiling-fma", 0)));
            if (!c.memory().isEmpty()) {
                for (Library loop : ceilings(lost)) {
                    candidates.add(new Candidate(loop, "ceiling, " + loop.label(), c.memory(), 0));
                }
            }
            if (roster.whyAbsent(Libraries.C_CEILING) != null) announce(Libraries.C_CEILING);
            return candidates;
        }

        private List<Candidate> candidates(Rival rival, Consumer<String> lost) {
            List<Candidate> candidates = new ArrayList<>();
            try {
                List<Library> libraries = roster.of(rival.library());
                for (Library library : libraries) {
                    String label = rival.library() == Libraries.TORCH
                            ? rival.label() + ", " + library.label() : library.label();
                    if (label.contains(against)) {
                        candidates.add(new Candidate(library, label, rival.name(), rival.bar()));
                    }
                }
                if (libraries.isEmpty() && rival.label().contains(against)) missing(rival, lost);
            } catch (IllegalStateException e) {
                lost.accept(e.getMessage());
            }
            return candidates;
        }

        private void missing(Rival rival, Consumer<String> lost) {
            String why = roster.whyAbsent(rival.library());
            if (!rival.library().optional()) {
                lost.accept(rival.label() + " is missing: " + why);
            } else if (rival.bar() > 0) {
                lost.accept(rival.label() + " is missing, and a bar is set against it: " + why);
            } else {
                announce(rival.library());
            }
        }

        private void announce(Libraries kind) {
            absent.add(kind.title() + " (" + roster.whyAbsent(kind) + ")");
        }
    }
}
