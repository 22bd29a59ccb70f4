package invar.ssl.method;

/// The rules that settings of several methods share; each message names the setting and the rule.
final class Range {

    /// Wider than any published head: 8192 is Barlow Twins', 65536 are DINO's classes.
    private static final int WIDEST = 1 << 17;

    private Range() {}

    static void that(boolean rule, String message) {
        if (!rule) throw new IllegalArgumentException(message);
    }

    /// Number of features of a layer, of prototypes, of entries.
    static void width(String name, int value) {
        atLeast(name, value, 1);
        that(value <= WIDEST, name + " must be 1 to " + WIDEST + " but is " + value);
    }

    static void atLeast(String name, int value, int least) {
        that(value >= least, name + " must be at least " + least + " but is " + value);
    }

    static void positive(String name, double value) {
        that(value > 0 && Double.isFinite(value), name + " must be a number > 0 but is " + value);
    }

    /// The least temperature: logits are similarities, −1 to 1, over it. At a million, a step of single precision is
    /// 1/16 nat; from 10⁹ on (τ ≤ 1e-9), 2/τ · log₂ e leaves the whole numbers of 32 bits, through which exp is
    /// computed on some devices, and losses are no numbers.
    private static final double COLDEST = 1e-6;

    static void temperature(String name, double value) {
        positive(name, value);
        that(value >= COLDEST, name + " must be at least " + COLDEST + ", below which logits are too large for single "
                + "precision, but is " + value);
    }

    /// Classes, prototypes: with one alone there is nothing to tell apart.
    static void classes(String name, int value) {
        atLeast(name, value, 2);
        width(name, value);
    }

    static void notNegative(String name, double value) {
        that(value >= 0 && Double.isFinite(value), name + " must be a number of at least 0 but is " + value);
    }

    /// Momenta, probabilities, thresholds.
    static void fraction(String name, double value) {
        that(value >= 0 && value <= 1, name + " must be from 0 to 1 but is " + value);
    }

    static void oneOf(String name, String value, String... allowed) {
        that(java.util.List.of(allowed).contains(value),
                name + " must be " + String.join(" or ", allowed) + " but is '" + value + "'");
    }
}
