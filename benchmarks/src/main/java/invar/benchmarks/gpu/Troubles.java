package invar.benchmarks.gpu;

import java.io.PrintStream;

/// What went wrong in a run: each trouble is a sentence for people.
final class Troubles {

    private final PrintStream out;
    private int count;

    Troubles(PrintStream out) {
        this.out = out;
    }

    /// Says what failed.
    ///
    /// @param where  the table that it is missing from, or a side
    /// @param reason a sentence without its full stop
    void add(String where, String reason) {
        out.println("gpu-bench: " + where + ": " + reason + ".");
        count++;
    }

    /// Sums up.
    ///
    /// @return the exit status: 1 if anything failed
    int status() {
        if (count == 0) return 0;
        out.println("gpu-bench: " + count + (count == 1 ? " failure." : " failures."));
        return 1;
    }
}
