package invar.benchmarks.gpu;

import invar.benchmarks.compare.Page;
import invar.core.spi.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Measures cases, group by group; what fails in one is told, and the others go on.
final class GpuRun {

    private final Plan plan;
    private final Party ours;
    private final Optional<Party> theirs;
    private final Optional<Page> page;
    private final Path folder;
    private final Troubles troubles;
    private final long began = System.nanoTime();
    private final Map<String, Optional<List<double[]>>> references = new HashMap<>();
    private final Set<String> exported = new HashSet<>();
    private Rates measured, dataSheet;

    /// @param theirs PyTorch, if it is there
    /// @param page   gets the tables
    /// @param folder for what one side writes for the other
    GpuRun(Plan plan, Party ours, Optional<Party> theirs, Optional<Page> page, Path folder, Troubles troubles) {
        this.plan = plan;
        this.ours = ours;
        this.theirs = theirs;
        this.page = page;
        this.folder = folder;
        this.troubles = troubles;
    }

    /// Measures the ceilings, then the cases.
    void measure(List<GpuCase> cases) {
        dataSheet = Rates.dataSheet(ours.who()).orElse(null);
        measured = ceilings();
        Map<String, List<GpuCase>> groups = new LinkedHashMap<>();
        for (GpuCase c : cases) groups.computeIfAbsent(c.group(), g -> new ArrayList<>()).add(c);
        groups.forEach(this::measure);
    }

    private Rates ceilings() {
        Map<Precision, Double> products = new EnumMap<>(Precision.class);
        for (Precision precision : Precision.values()) {
            products.put(precision, ceiling("gemm", precision, plan.matrix()));
        }
        double exps = theirs.isPresent() ? of(theirs.get(), "exp", Precision.FP32, plan.exps()) : 0;
        Rates rates = new Rates("measured in this run", products, exps,
                ceiling("copy", Precision.FP32, plan.copyBytes()));
        System.out.println(rates);
        return rates;
    }

    /// The better of both sides.
    private double ceiling(String what, Precision precision, long size) {
        double best = of(ours, what, precision, size);
        return theirs.isPresent() ? Math.max(best, of(theirs.get(), what, precision, size)) : best;
    }

    private double of(Party party, String what, Precision precision, long size) {
        try {
            return party.ceiling(what, precision, size);
        } catch (Party.Refused e) {
            troubles.add("ceilings", "the ceiling of " + what + ", " + precision + ", by " + name(party)
                    + " is not known: " + e.getMessage());
            return 0;
        }
    }

    private String name(Party party) {
        return party == ours ? "Invar" : "PyTorch";
    }

    private void measure(String group, List<GpuCase> cases) {
        GpuReport report = new GpuReport(plan, measured, Optional.ofNullable(dataSheet));
        List<String> rows = new ArrayList<>();
        for (GpuCase c : cases) {
            double spent = (System.nanoTime() - began) * 1e-9;
            if (spent > plan.limit()) {
                troubles.add(group, c + " was not measured: the time of " + Math.round(plan.limit()) + " s is over");
                continue;
            }
            System.out.printf("%s (after %.0f s)%n", c, spent);
            List<String> lines = new ArrayList<>();
            try {
                lines.addAll(report.rows(c, entries(c)));
            } catch (Party.Refused e) {
                troubles.add(group, c + " failed: " + e.getMessage());
                lines.add(report.failed(c, e.getMessage()));
            }
            lines.forEach(line -> System.out.println("  " + line));
            rows.addAll(lines);
        }
        if (page.isEmpty() || rows.isEmpty()) return;
        long all = GpuCases.all().stream().filter(c -> c.group().equals(group)).count();
        try {
            page.get().replace(group, report.block(group, cases.size(), all, ours.who(), theirs.map(Party::who), rows));
        } catch (IOException e) {
            troubles.add(group, "the page cannot be written: " + e.getMessage());
        }
    }

    /// Ours and theirs, measured.
    ///
    /// @throws Party.Refused if our first form fails
    private List<Entry> entries(GpuCase c) {
        List<Entry> entries = new ArrayList<>();
        for (String form : c.ours()) entries.add(new Entry(ours, true, form));
        if (theirs.isPresent()) {
            for (String form : c.theirs()) entries.add(new Entry(theirs.get(), false, form));
        }
        try {
            Optional<List<double[]>> reference = reference(c);
            for (Entry entry : entries) prepare(c, entry, reference);
            for (int round = 0; round < plan.rounds(); round++) {
                for (int k = 0; k < entries.size(); k++) {                   // another one begins each time
                    Entry entry = entries.get((k + round) % entries.size());
                    if (entry.present()) attempt(c, entry, () -> time(c, entry));
                }
            }
            for (Entry entry : entries) {
                if (entry.present()) attempt(c, entry, () -> entry.memory(entry.party().memory(c, entry.form())));
            }
            return entries;
        } finally {
            for (Entry entry : entries) release(c, entry);
        }
    }

    private void release(GpuCase c, Entry entry) {
        try {
            entry.party().release(c, entry.form());
        } catch (Party.Refused e) {
            troubles.add(c.group(), c + ": " + entry.label(c.precision()) + " does not end: " + e.getMessage());
        }
    }

    /// The result in float64, made once for all precisions; empty if there is nobody to make it.
    private Optional<List<double[]>> reference(GpuCase c) {
        if (theirs.isEmpty()) return Optional.empty();
        return references.computeIfAbsent(c.name(), name -> {
            try {
                if (name.startsWith("simclr") && exported.add(name)) {
                    ours.export(name, folder.resolve(name.replace('/', '-') + ".safetensors"));
                }
                return Optional.of(theirs.get().reference(name));
            } catch (Party.Refused e) {
                troubles.add(c.group(), c + ": there is no result in float64: " + e.getMessage());
                return Optional.empty();
            }
        });
    }

    private void prepare(GpuCase c, Entry entry, Optional<List<double[]>> reference) {
        attempt(c, entry, () -> {
            entry.prepared(entry.party().prepare(c, entry.form()));
            if (reference.isEmpty()) return;
            double error = Errors.relative(reference.get(), entry.sample());
            entry.error(error);
            if (!(error <= Errors.most(c))) {
                throw new Party.Refused(String.format(Locale.ROOT,
                        "its result is wrong: apart from that in float64 by %.2g of its size", error));
            }
        });
    }

    private void time(GpuCase c, Entry entry) {
        double call;
        if (entry.rounds().isEmpty()) {
            double[] first = entry.party().round(c, entry.form(), 2, 3);
            call = Math.min(first[0], Math.min(first[1], first[2]));
        } else {
            call = entry.spread().median();
        }
        int calls = Math.clamp(Math.round(plan.seconds() / Math.max(call, 1e-9)), plan.least(), plan.most());
        entry.add(entry.party().round(c, entry.form(), 2, calls));
    }

    /// A form that fails takes no further part; if it is our first one, the case fails. Too little memory says
    /// something about a form, and is no failure.
    private void attempt(GpuCase c, Entry entry, Runnable what) {
        try {
            what.run();
        } catch (Party.Refused e) {
            if (entry.ours() && entry.form().equals(c.ours().getFirst())) throw e;
            entry.leave(e.getMessage());
            if (!e.outOfMemory()) {
                troubles.add(c.group(), c + ": " + entry.label(c.precision()) + " is left out: " + e.getMessage());
            }
        }
    }
}
