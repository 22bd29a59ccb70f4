package invar.benchmarks.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// Times one case in several libraries, round by round in turn, so that whatever else the machine does meets all.
final class Measurement {

    /// How long and how often.
    ///
    /// @param rounds  of each library
    /// @param seconds of a round
    /// @param warmUp  seconds of calls before; three times as many for Java, which compiles meanwhile
    /// @param budget  seconds of all rounds together; fewer rounds, but at least 3, if they would take longer
    record Plan(int rounds, double seconds, double warmUp, double budget) {}

    /// One library's part.
    ///
    /// @param seconds of a call, in each round
    /// @param bytes   allocated on the Java heap by a call, in the last round
    record Entry(Library library, String label, String name, double bar, double[] seconds, double bytes) {

        Spread spread() {
            return Spread.of(seconds);
        }

        /// How many times as fast as this one `ours` is: the median over rounds.
        Spread ratio(Entry ours) {
            double[] ratios = new double[seconds.length];
            for (int i = 0; i < ratios.length; i++) ratios[i] = seconds[i] / ours.seconds[i];
            return Spread.of(ratios);
        }
    }

    /// Someone to be timed.
    record Candidate(Library library, String label, String name, double bar) implements Idle.Watched {
        @Override
        public OptionalDouble processorSeconds() {
            return library.processorSeconds();
        }
    }

    private static final double PAUSE = 0.02;                 // seconds between rounds, for idle threads to fall asleep
    private static final double AGREEMENT = 1e-3;             // of results, as a part of their usual size

    private Measurement() {}

    /// Times the candidates; the first one is ours. One that cannot run the case, or disagrees with us about its
    /// result, is left out.
    ///
    /// @param lost is told of each that is left out, in a sentence
    /// @throws IllegalStateException if ours cannot run it, or somebody's process ends while it is timed
    static List<Entry> of(List<Candidate> candidates, Plan plan, Consumer<String> lost) {
        List<Candidate> ready = new ArrayList<>();
        double[] ours = null;
        try {
            for (Candidate candidate : candidates) {
                try {
                    double warmUp = candidate.label.startsWith("Invar") ? 3 * plan.warmUp : plan.warmUp;
                    double[] sample = candidate.library.prepare(candidate.name, warmUp);
                    ready.add(candidate);
                    if (ours == null) ours = sample;
                    String difference = sample.length == 0 ? "" : difference(ours, sample);
                    if (!difference.isEmpty()) throw new IllegalStateException(difference);
                } catch (IllegalStateException e) {
                    if (candidate == candidates.getFirst()) throw e;
                    lost.accept(candidate.label + " is left out: " + e.getMessage());
                    if (ready.remove(candidate)) candidate.library.release(candidate.name);
                }
            }
            return rounds(ready, plan);
        } finally {
            for (Candidate candidate : ready) candidate.library.release(candidate.name);
        }
    }

    private static List<Entry> rounds(List<Candidate> ready, Plan plan) {
        double all = 0;
        for (Candidate candidate : ready) {                   // a round that does not count: it wakes the caches
            all += Math.max(plan.seconds, round(candidate, plan).seconds());
        }
        Set<Library> seen = new HashSet<>();
        List<Candidate> processes = ready.stream().filter(candidate -> seen.add(candidate.library)).toList();
        Idle.await(processes, Measurement::pause).forEach(note -> System.out.println("  note: " + note));
        int rounds = Math.clamp((int) (plan.budget / all), Math.min(3, plan.rounds), plan.rounds);
        double[][] seconds = new double[ready.size()][rounds];
        double[] bytes = new double[ready.size()];
        Random random = new Random(ready.size());
        List<Integer> order = new ArrayList<>(IntStream.range(0, ready.size()).boxed().toList());
        for (int r = 0; r < rounds; r++) {
            Collections.shuffle(order, random);               // nobody always follows the same neighbour
            for (int k : order) {
                pause(PAUSE);
                Library.Round round = round(ready.get(k), plan);
                seconds[k][r] = round.seconds();
                bytes[k] = round.bytes();
            }
        }
        List<Entry> entries = new ArrayList<>();
        for (int k = 0; k < seconds.length; k++) {
            Candidate c = ready.get(k);
            entries.add(new Entry(c.library, c.label, c.name, c.bar, seconds[k], bytes[k]));
        }
        return entries;
    }

    private static Library.Round round(Candidate candidate, Plan plan) {
        try {
            return candidate.library.round(candidate.name, plan.seconds);
        } catch (IllegalStateException e) {
            throw new IllegalStateException(candidate.label + ": " + e.getMessage(), e);
        }
    }

    /// Empty if two samples agree.
    private static String difference(double[] ours, double[] theirs) {
        if (ours.length != theirs.length) return "its result has other sizes than ours";
        double squares = 0;
        for (double value : ours) squares += value * value;
        double usual = Math.sqrt(squares / ours.length);
        for (int i = 0; i < ours.length; i++) {
            if (Math.abs(ours[i] - theirs[i]) <= AGREEMENT * (Math.abs(ours[i]) + usual)) continue;
            return "its result differs from ours: " + theirs[i] + ", not " + ours[i] + ", at place " + i;
        }
        return "";
    }

    private static void pause(double seconds) {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
