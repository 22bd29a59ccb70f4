package invar.benchmarks.compare;

import invar.benchmarks.compare.Measurement.Entry;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/// Writes measurements as rows of a Markdown table.
final class Report {

    private static final String HEAD = """
            | case | library | median | ± | rate | of the ceiling | heap a call | Invar is faster by | asked |
            |---|---|--:|--:|--:|--:|--:|--:|---|
            """;

    /// The label of the ceiling of multiply-adds, which is timed with every case, as a witness of what the machine had
    /// to give meanwhile, but gets no row.
    static final String MULTIPLY_ADDS = "ceiling, multiply-adds";

    /// The part of the best multiply-adds of the run that those of a case must have for a verdict.
    private static final double UNDISTURBED = 0.85;

    private final int threads;
    private final MultiplyAdds multiplyAdds;

    Report(int threads, MultiplyAdds multiplyAdds) {
        this.threads = threads;
        this.multiplyAdds = multiplyAdds;
    }

    /// The rows of a case, ours first.
    List<String> rows(Case c, List<Entry> entries) {
        Entry ours = entries.getFirst();
        List<String> rows = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.label().equals(MULTIPLY_ADDS)) continue;
            boolean first = entry == ours, ceiling = entry.label().startsWith("ceiling");
            double share = ceiling ? 0 : share(c, entry, entries);
            String asked = first ? verdict(share, c.share(), "of the ceiling", entries)
                    : !hardest(entry, ours, entries) ? ""
                    : verdict(entry.ratio(ours).median(), entry.bar(), "x", entries);
            rows.add(String.format(Locale.ROOT, "| %s | %s | %s | %.0f %% | %s | %s | %s | %s | %s |",
                    first ? c.title() : "", entry.label(), time(entry.spread().median()),
                    100 * entry.spread().relative(), rate(c, entry, ceiling),
                    share > 0 ? String.format(Locale.ROOT, "%.2f", share) : "",
                    first ? bytes(entry.bytes()) : "", first ? "" : ratio(entry.ratio(ours)), asked));
        }
        return rows;
    }

    /// Of several processes of one library, the fastest is what a claim is made against.
    private static boolean hardest(Entry entry, Entry ours, List<Entry> all) {
        return all.stream().filter(other -> other.name().equals(entry.name()) && other != ours
                        && other.bar() == entry.bar())
                .allMatch(other -> other.ratio(ours).median() >= entry.ratio(ours).median());
    }

    /// The part of the nearer ceiling that is reached.
    private double share(Case c, Entry entry, List<Entry> all) {
        double arithmetic = 0, memory = Double.POSITIVE_INFINITY;
        for (Entry ceiling : all) {
            double part = ceiling.ratio(entry).median();                         // its time by this one's
            if (ceiling.label().equals(MULTIPLY_ADDS)) {
                if (c.flops() > 0) arithmetic = part * c.flops() / (Ceilings.FLOPS * threads);
            } else if (ceiling.label().startsWith("ceiling")) {
                memory = Math.min(memory, part);                                 // of Java's and C's, the faster
            }
        }
        return Math.max(arithmetic, Double.isFinite(memory) ? memory : 0);
    }

    /// Whether somebody else had a part of the machine meanwhile. Then nothing is said of what was reached: a library
    /// that divides its work in equal parts waits for the slowest, one that hands it out in pieces does not.
    private boolean disturbed(List<Entry> all) {
        return all.stream().filter(entry -> entry.label().equals(MULTIPLY_ADDS)).anyMatch(entry ->
                Ceilings.FLOPS * threads / entry.spread().median() < UNDISTURBED * multiplyAdds.rate());
    }

    private String verdict(double reached, double bar, String unit, List<Entry> all) {
        if (bar == 0) return "";
        if (disturbed(all)) return "not judged: the machine was disturbed";
        return String.format(Locale.ROOT, "%s %.2f %s", reached >= bar ? "reached:" : "**missed**:", bar, unit);
    }

    private static String ratio(Spread ratio) {
        return String.format(Locale.ROOT, "%.2f (%.2f … %.2f)", ratio.median(), ratio.low(), ratio.high());
    }

    private static String rate(Case c, Entry entry, boolean ceiling) {
        double seconds = entry.spread().median();
        if (c.images() > 0) return String.format(Locale.ROOT, "%.1f images/s", c.images() / seconds);
        if (c.flops() > 0 && !ceiling) return String.format(Locale.ROOT, "%.1f GF/s", c.flops() / seconds / 1e9);
        if (c.bytes() > 0) return String.format(Locale.ROOT, "%.1f GB/s", c.bytes() / seconds / 1e9);
        return "";
    }

    /// "1 thread", "2 threads".
    static String threads(int n) {
        return n + (n > 1 ? " threads" : " thread");
    }

    /// The row of a case that is about memory: less than 1 GB is asked for.
    String memoryRow(Case c, String label, Library.Round round, OptionalDouble peak) {
        double rate = c.flops() / round.seconds();
        return String.format(Locale.ROOT,
                "| %s | %s | %s | | %.1f GF/s | %.2f | %s | | %s, asked < 1000 MB |",
                c.title(), label, time(round.seconds()), rate / 1e9, rate / multiplyAdds.rate(), bytes(round.bytes()),
                memory(peak));
    }

    private static String memory(OptionalDouble peak) {
        if (peak.isEmpty()) return "memory not measured";
        double bytes = peak.getAsDouble();
        String verdict = bytes < 1e9 ? "reached" : "**missed**";
        return String.format(Locale.ROOT, "%s: at most %.0f MB of memory", verdict, bytes / 1e6);
    }

    static String time(double seconds) {
        return seconds < 1e-3 ? String.format(Locale.ROOT, "%.1f µs", seconds * 1e6)
                : String.format(Locale.ROOT, seconds < 0.1 ? "%.2f ms" : "%.0f ms", seconds * 1e3);
    }

    private static String bytes(double bytes) {
        return bytes < 10_000 ? String.format(Locale.ROOT, "%.0f B", bytes)
                : String.format(Locale.ROOT, "%.0f KiB", bytes / 1024);
    }

    /// What the page shows of a group.
    ///
    /// @param who    who took part, in their own words
    /// @param absent who did not, and why
    String block(String title, Measurement.Plan plan, Set<String> who, Set<String> absent, List<String> rows)
            throws IOException {
        StringBuilder text = new StringBuilder("### " + title + "\n\n");
        String commit = System.getProperty("bench.commit", "unknown commit");
        text.append(String.format(Locale.ROOT, "%s, %s; up to %d rounds of %.0f ms, in turn; multiply-adds: %s.%n",
                LocalDate.now(ZoneOffset.UTC), commit, plan.rounds(), plan.seconds() * 1e3, multiplyAdds));
        text.append(Machine.describe()).append(".\n");
        text.append(String.join("; ", who)).append(".");
        if (!absent.isEmpty()) text.append(" Not taking part: ").append(String.join("; ", absent)).append(".");
        text.append("\n\n").append(HEAD);
        rows.forEach(row -> text.append(row).append('\n'));
        return text.toString();
    }
}
