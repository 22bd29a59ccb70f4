package invar.benchmarks.gpu;

import invar.benchmarks.compare.Spread;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/// Lines of the page.
final class GpuReport {

    private static final String HEAD = """
            | case | precision | who | median | ± | rate | of measured roofline | of data sheet's | memory | error | \
            Invar is faster by | asked |
            |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|
            """;

    private final Plan plan;
    private final Rates measured;
    private final Optional<Rates> dataSheet;

    GpuReport(Plan plan, Rates measured, Optional<Rates> dataSheet) {
        this.plan = plan;
        this.measured = measured;
        this.dataSheet = dataSheet;
    }

    /// One line for each form, the first with all that was asked.
    List<String> rows(GpuCase c, List<Entry> entries) {
        Entry best = fastest(entries, Entry::ours).orElseThrow();
        List<String> rows = new ArrayList<>();
        for (Entry entry : entries) {
            boolean first = rows.isEmpty();
            String names = first ? c.title() + " | " + c.precision() : " | ";
            String asked = first ? asked(c, best, entries) : "";
            if (!entry.present()) {
                rows.add("| " + names + " | " + entry.label(c.precision()) + " | " + entry.note().replace('|', '/')
                        + " | | | | | | | | " + asked + " |");
                continue;
            }
            Spread spread = entry.spread();
            double seconds = spread.median();
            rows.add(String.format(Locale.ROOT, "| %s | %s | %s | %.0f %% | %s | %s | %s | %s | %s | %s | %s |", names,
                    entry.label(c.precision()), time(seconds), 100 * spread.relative(), rate(c, seconds),
                    share(c, Optional.of(measured), seconds), share(c, dataSheet, seconds), memory(entry.memory()),
                    entry.error().isPresent() ? String.format(Locale.ROOT, "%.1e", entry.error().getAsDouble()) : "",
                    entry.ours() ? "" : ratio(entry.ratio(best)), asked));
        }
        return rows;
    }

    /// The line of a case that failed.
    String failed(GpuCase c, String why) {
        return "| " + c.title() + " | " + c.precision() + " | Invar | failed: " + why.replace('|', '/')
                + " | | | | | | | | |";
    }

    private static Optional<Entry> fastest(List<Entry> entries, Predicate<Entry> which) {
        return entries.stream().filter(Entry::present).filter(which)
                .min(Comparator.comparingDouble(entry -> entry.spread().median()));
    }

    private String asked(GpuCase c, Entry best, List<Entry> entries) {
        List<String> verdicts = new ArrayList<>();
        for (Bar bar : c.bars()) verdicts.add(verdict(c, bar, best, entries));
        return String.join("; ", verdicts);
    }

    private String verdict(GpuCase c, Bar bar, Entry best, List<Entry> entries) {
        double seconds = best.spread().median();
        return switch (bar.kind()) {
            case EAGER -> against(bar, best, entries, entry -> !entry.ours() && !entry.compiled());
            case COMPILE -> against(bar, best, entries, entry -> !entry.ours() && entry.compiled());
            case ROOFLINE -> {
                double bound = c.work().bound(dataSheet.orElse(measured), c.precision());
                yield verdict(bound / seconds, bar);
            }
            case BANDWIDTH -> measured.bytes() == 0 ? "not judged: the copy rate is not known"
                    : verdict(c.work().bytes() / seconds / measured.bytes(), bar);
            case MEMORY -> memory(bar, entries);
        };
    }

    /// Of several forms of theirs the fastest is what a claim is made against.
    private static String against(Bar bar, Entry best, List<Entry> entries, Predicate<Entry> which) {
        Optional<Entry> rival = fastest(entries, which);
        if (rival.isPresent()) return verdict(rival.get().ratio(best).median(), bar);
        List<Entry> lost = entries.stream().filter(which).toList();
        boolean tooLarge = !lost.isEmpty() && lost.stream().allMatch(entry -> entry.note().startsWith("out of memory"));
        return tooLarge ? "reached: " + bar.kind().unit().substring(2) + " is out of memory"
                : "not judged: no " + bar.kind().unit().substring(2);
    }

    private static String memory(Bar bar, List<Entry> entries) {
        OptionalDouble bytes = entries.getFirst().memory();
        if (bytes.isEmpty()) return "not judged: memory not measured";
        return (bytes.getAsDouble() < bar.least() ? "reached: < " : "**missed**: < ") + bytes(bar.least());
    }

    private static String verdict(double reached, Bar bar) {
        return String.format(Locale.ROOT, "%s: %.2f %s (%.2f)", reached >= bar.least() ? "reached" : "**missed**",
                bar.least(), bar.kind().unit(), reached);
    }

    private static String rate(GpuCase c, double seconds) {
        if (c.images() > 0) return String.format(Locale.ROOT, "%.0f images/s", c.images() / seconds);
        return c.work().flops() > 0 ? String.format(Locale.ROOT, "%.1f TFLOP/s", c.work().flops() / seconds / 1e12)
                : String.format(Locale.ROOT, "%.2f TB/s", c.work().bytes() / seconds / 1e12);
    }

    private static String share(GpuCase c, Optional<Rates> rates, double seconds) {
        if (rates.isEmpty()) return "";
        double bound = c.work().bound(rates.get(), c.precision());
        return bound == 0 ? "" : String.format(Locale.ROOT, "%.0f %% (%s)", 100 * bound / seconds,
                c.work().limit(rates.get(), c.precision()));
    }

    private static String ratio(Spread ratio) {
        return String.format(Locale.ROOT, "%.2f (%.2f … %.2f)", ratio.median(), ratio.low(), ratio.high());
    }

    private static String time(double seconds) {
        return seconds < 1e-3 ? String.format(Locale.ROOT, "%.1f µs", seconds * 1e6)
                : String.format(Locale.ROOT, "%.2f ms", seconds * 1e3);
    }

    private static String memory(OptionalDouble bytes) {
        return bytes.isPresent() ? bytes(bytes.getAsDouble()) : "";
    }

    private static String bytes(double bytes) {
        return bytes < 1e9 ? String.format(Locale.ROOT, "%.0f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    /// What the page shows of a group.
    ///
    /// @param cases how many took part
    /// @param all   how many there are, of which a quick run or a pattern chooses
    String block(String group, int cases, long all, String ours, Optional<String> theirs, List<String> rows) {
        StringBuilder text = new StringBuilder("### " + group + "\n\n");
        String commit = System.getProperty("bench.commit", "unknown commit");
        text.append(String.format(Locale.ROOT, "%s, %s; %d of %d cases; %d rounds of at least %d calls, in turn.%n",
                LocalDate.now(ZoneOffset.UTC), commit, cases, all, plan.rounds(), plan.least()));
        text.append(ours).append("; ").append(theirs.orElse("PyTorch did not take part")).append(".\n");
        text.append(capital(measured)).append(".\n");
        text.append(dataSheet.map(rates -> "Data sheet of " + rates).orElse("No data sheet of this device is known"));
        text.append(".\n\n").append(HEAD);
        rows.forEach(row -> text.append(row).append('\n'));
        return text.toString();
    }

    private static String capital(Rates rates) {
        String text = rates.toString();
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
