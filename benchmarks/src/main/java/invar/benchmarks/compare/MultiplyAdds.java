package invar.benchmarks.compare;

import invar.benchmarks.compare.Measurement.Candidate;
import invar.benchmarks.compare.Measurement.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/// The ceiling of arithmetic: multiply-adds on registers, by the better of the loops in Java and in C.
///
/// @param loop    label of the library whose loop it is
/// @param rate    operations a second of all threads, in the best round
/// @param alone   the same of one thread while the others rest
/// @param threads their number
record MultiplyAdds(String loop, double rate, double alone, int threads) {

    /// Of which the best counts, so that one without a neighbour is likely among them.
    private static final int ROUNDS = 11;

    /// Measures.
    ///
    /// @param lost is told of each loop that is left out
    /// @throws IllegalStateException if the first cannot be measured
    static MultiplyAdds of(List<Library> loops, int threads, Measurement.Plan plan, Consumer<String> lost) {
        List<Candidate> candidates = new ArrayList<>();
        for (Library loop : loops) candidates.add(new Candidate(loop, loop.label(), "ceiling-fma", 0));
        for (Library loop : loops) candidates.add(new Candidate(loop, loop.label(), "ceiling-fma-alone", 0));
        Measurement.Plan often = new Measurement.Plan(Math.max(ROUNDS, plan.rounds()), plan.seconds(), plan.warmUp(),
                plan.budget());
        MultiplyAdds best = best(Measurement.of(candidates, often, lost), threads);
        System.out.println("multiply-adds, " + best.loop + ": " + best);
        return best;
    }

    /// The loop with the highest rate of all threads; one thread alone may be faster in the other loop.
    static MultiplyAdds best(List<Entry> entries, int threads) {
        MultiplyAdds best = new MultiplyAdds("", 0, 0, threads);
        for (Entry entry : entries) {
            double fastest = Arrays.stream(entry.seconds()).min().orElseThrow();
            boolean all = entry.name().equals("ceiling-fma");
            double rate = Ceilings.FLOPS * (all ? threads : 1) / fastest;
            if (!all) best = new MultiplyAdds(best.loop, best.rate, Math.max(rate, best.alone), threads);
            else if (rate > best.rate) best = new MultiplyAdds(entry.label(), rate, best.alone, threads);
        }
        return best;
    }

    /// For the page: where all threads are far from so many times one of them, they did not have the machine.
    @Override
    public String toString() {
        String rates = String.format(Locale.ROOT, "%.1f GF/s", rate / 1e9);
        if (threads == 1) return rates;
        return String.format(Locale.ROOT, "%s, %.2f times those of one thread", rates, rate / alone);
    }
}
