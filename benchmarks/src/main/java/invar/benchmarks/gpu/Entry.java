package invar.benchmarks.gpu;

import invar.benchmarks.compare.Spread;
import invar.core.spi.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/// What one form did in a case.
final class Entry {

    private final Party party;
    private final boolean ours;
    private final String form;
    private final List<double[]> rounds = new ArrayList<>();
    private Party.Prepared prepared;
    private OptionalDouble error = OptionalDouble.empty(), memory = OptionalDouble.empty();
    private String note = "";                              // why there are no times

    Entry(Party party, boolean ours, String form) {
        this.party = party;
        this.ours = ours;
        this.form = form;
    }

    Party party() {
        return party;
    }

    boolean ours() {
        return ours;
    }

    String form() {
        return form;
    }

    boolean compiled() {
        return form.startsWith(GpuCases.COMPILE);
    }

    /// For the page: who, in which form; and how precisely, if not as roughly as it might.
    String label(Precision asked) {
        String text = (ours ? "Invar, " : "PyTorch, ") + form.replace('-', ' ');
        return prepared != null && prepared.precision() != asked ? text + " (in " + prepared.precision() + ")" : text;
    }

    void prepared(Party.Prepared result) {
        prepared = result;
    }

    List<double[]> sample() {
        return prepared.sample();
    }

    void add(double[] round) {
        rounds.add(round);
    }

    List<double[]> rounds() {
        return rounds;
    }

    /// It takes no further part.
    void leave(String why) {
        note = why;
        rounds.clear();
    }

    String note() {
        return note;
    }

    /// Whether it is ready to be timed, or was.
    boolean present() {
        return prepared != null && note.isEmpty();
    }

    /// Over the calls of all rounds.
    Spread spread() {
        return Spread.of(rounds.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    /// Its time by ours, round by round.
    Spread ratio(Entry own) {
        double[] ratios = new double[rounds.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = Spread.of(rounds.get(i)).median() / Spread.of(own.rounds.get(i)).median();
        }
        return Spread.of(ratios);
    }

    void error(double relative) {
        error = OptionalDouble.of(relative);
    }

    OptionalDouble error() {
        return error;
    }

    void memory(OptionalDouble bytes) {
        memory = bytes;
    }

    OptionalDouble memory() {
        return memory;
    }
}
