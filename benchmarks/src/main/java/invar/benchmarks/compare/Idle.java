package invar.benchmarks.compare;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/// Waits until nobody works who is not asked to, which would take time from the others.
///
/// After its warm-up Java's C2 still compiles what just became hot: dumps of the threads of "Invar, composed" showed it
/// on 30 to 65 % of a core for up to half a second, and nobody else; the pool sleeps 100 µs after its last task.
final class Idle {

    /// A process that is watched.
    interface Watched {
        String label();

        /// Seconds of processor time so far; empty if the system does not tell.
        OptionalDouble processorSeconds();
    }

    private static final double LOOK = 0.2;                   // seconds: the system counts in steps of 0.01
    private static final double SHARE = 0.1;                  // of a core, from which somebody counts as working
    private static final double PATIENCE = 3;                 // seconds

    private Idle() {}

    /// Waits until all are idle, or for [#PATIENCE].
    ///
    /// @param pause sleeps for some seconds
    /// @return a sentence for each that still works then, or that cannot be watched
    static List<String> await(List<? extends Watched> all, DoubleConsumer pause) {
        double[] shares = new double[all.size()];
        for (double waited = 0; waited < PATIENCE; waited += LOOK) {
            OptionalDouble[] before = clocks(all);
            pause.accept(LOOK);
            OptionalDouble[] after = clocks(all);
            boolean busy = false;
            for (int i = 0; i < shares.length; i++) {
                boolean told = before[i].isPresent() && after[i].isPresent();
                shares[i] = told ? (after[i].getAsDouble() - before[i].getAsDouble()) / LOOK : Double.NaN;
                busy |= shares[i] > SHARE;
            }
            if (!busy) break;
        }
        return IntStream.range(0, shares.length).filter(i -> !(shares[i] <= SHARE)).mapToObj(i -> {
            String label = all.get(i).label();
            return Double.isNaN(shares[i]) ? label + " may work while idle: the system does not tell its processor time"
                    : String.format(Locale.ROOT, "%s takes %.0f %% of a core while idle", label, 100 * shares[i]);
        }).toList();
    }

    private static OptionalDouble[] clocks(List<? extends Watched> all) {
        return all.stream().map(Watched::processorSeconds).toArray(OptionalDouble[]::new);
    }
}
