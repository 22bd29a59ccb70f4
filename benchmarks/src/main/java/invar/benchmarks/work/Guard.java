package invar.benchmarks.work;

/// Compares results before anything is timed.
public final class Guard {

    private final Object of;
    private final double tolerance;

    /// @param of        named in complaints
    /// @param tolerance how far two values may be apart, as a part of the expected one plus the root mean square of all
    public Guard(Object of, double tolerance) {
        this.of = of;
        this.tolerance = tolerance;
    }

    /// Compares value by value.
    ///
    /// @throws IllegalStateException if two values are too far apart or one is not a number
    public void agree(String what, double[] expected, double[] actual) {
        if (expected.length != actual.length) {
            throw new IllegalStateException(of + ": " + what + " has " + actual.length + " values, not "
                    + expected.length + "; nothing was timed");
        }
        double squares = 0;
        for (double e : expected) squares += e * e;
        double usual = Math.sqrt(squares / Math.max(1, expected.length));
        for (int i = 0; i < expected.length; i++) {
            double allowed = tolerance * (Math.abs(expected[i]) + usual);
            if (Math.abs(expected[i] - actual[i]) <= allowed) continue;
            throw new IllegalStateException(of + ": " + what + " is wrong at " + i + ": " + actual[i] + ", not "
                    + expected[i] + " ± " + allowed + "; nothing was timed");
        }
    }

    /// Compares one value.
    public void agree(String what, double expected, double actual) {
        agree(what, new double[] {expected}, new double[] {actual});
    }
}
