package invar.benchmarks.compare;

import java.io.PrintStream;
import java.util.LinkedHashSet;
import java.util.Set;

/// What went wrong in a run: each failure is a sentence for people, and keeps a table of the page as it was.
final class Failures {

    private final PrintStream out;
    private final Set<String> blocks = new LinkedHashSet<>();
    private int count;

    Failures(PrintStream out) {
        this.out = out;
    }

    /// Says what failed.
    ///
    /// @param block the table that cannot be written for it, e.g. `sgemm, 2 threads`
    void add(String block, String sentence) {
        out.println("bench: " + block + ": " + sentence + ".");
        blocks.add(block);
        count++;
    }

    /// Whether a table lacks something.
    boolean of(String block) {
        return blocks.contains(block);
    }

    /// Sums up.
    ///
    /// @return the exit status: 1 if anything failed
    int status() {
        if (count == 0) return 0;
        out.println("bench: " + count + (count == 1 ? " failure" : " failures") + "; not written: "
                + String.join("; ", blocks) + ".");
        return 1;
    }
}
