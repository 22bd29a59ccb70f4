package invar.ssl.method;

import invar.ssl.Setup;
import java.util.Locale;

/// The rules that settings of several methods share, and those of the optimizer; each message names the setting and the
/// rule.
public final class Range {

    /// Wider than any published head: 8192 is Barlow Twins', 65536 are DINO's classes.
    private static final int WIDEST = 1 << 17;

    /// More layers, blocks, heads or iterations than anybody has published: CPC has 5 blocks, DeepCluster-v2 3 heads
    /// and 10 iterations. They are made, or gone through, one by one: a billion would take for ever.
    private static final int MOST = 1000;

    /// The largest weight, factor or rate; published ones are below 100. A gradient is multiplied by it and squared,
    /// and the squares are summed, where it is clipped and by some optimizers: 10⁹ gradients of 10⁴ times 10⁶ make
    /// 10²⁹, and single precision ends at 3.4 · 10³⁸.
    private static final double LARGEST = 1e6;

    /// The least weight, factor or rate that is not 0. The least normal number of single precision is 1.2 · 10⁻³⁸: what
    /// is smaller soon is 0.
    private static final double LEAST = 1e-30;

    private Range() {}

    static void that(boolean rule, String message) {
        if (!rule) throw new IllegalArgumentException(message);
    }

    /// Number of features of a layer, of prototypes, of entries.
    static void width(String name, int value) {
        atLeast(name, value, 1);
        that(value <= WIDEST, name + " must be 1 to " + WIDEST + " but is " + value);
    }

    /// Widths of which each two neighbours have a matrix between them, of weights or correlations.
    ///
    /// @param names as in `hidden, projection`
    static void layers(String names, int... widths) {
        String[] name = names.split(", ");
        for (int i = 0; i < widths.length; i++) width(name[i], widths[i]);
        for (int i = 1; i < widths.length; i++) {
            product(name[i - 1] + " × " + name[i], widths[i - 1], widths[i]);
        }
    }

    /// The elements of a tensor.
    ///
    /// @param names as in `hidden × projection`
    static void product(String names, int... factors) {
        double product = 1;
        for (int factor : factors) product *= factor;
        that(product < Setup.ELEMENTS, String.format(Locale.ROOT, "%s must be below %s but is %.0f", names, Setup.LIMIT,
                product));
    }

    /// Of layers, heads, iterations: what a program makes or does one by one.
    static void count(String name, int value, int least) {
        atLeast(name, value, least);
        that(value <= MOST, name + " must be at most " + MOST + " but is " + value);
    }

    static void atLeast(String name, int value, int least) {
        that(value >= least, name + " must be at least " + least + " but is " + value);
    }

    /// A weight, a factor, a rate that is not 0: 10⁻³⁰ to 10⁶.
    public static void positive(String name, double value) {
        that(value > 0 && Double.isFinite(value), name + " must be a number > 0 but is " + value);
        inSinglePrecision(name, "", value);
    }

    /// A weight, a factor, a rate: 0, or 10⁻³⁰ to 10⁶.
    public static void notNegative(String name, double value) {
        that(value >= 0 && Double.isFinite(value), name + " must be a number of at least 0 but is " + value);
        if (value != 0) inSinglePrecision(name, "0, or ", value);
    }

    private static void inSinglePrecision(String name, String or, double value) {
        that(value >= LEAST && value <= LARGEST, name + " must be " + or + "from 1e-30 to 1e6, as training computes in "
                + "single precision, but is " + value);
    }

    /// The least temperature: logits are similarities, −1 to 1, over it. At a million, a step of single precision is
    /// 1/16 nat; from 10⁹ on (τ ≤ 1e-9), 2/τ · log₂ e leaves the whole numbers of 32 bits, through which exp is
    /// computed on some devices, and losses are no numbers.
    private static final double COLDEST = 1e-6;

    /// 10⁻⁶ to 10⁶.
    static void temperature(String name, double value) {
        that(value > 0 && Double.isFinite(value), name + " must be a number > 0 but is " + value);
        that(value >= COLDEST, name + " must be at least " + COLDEST + ", below which logits are too large for single "
                + "precision, but is " + value);
        that(value <= LARGEST, name + " must be at most 1e6, above which logits are too small for single precision, "
                + "but is " + value);
    }

    /// Classes, prototypes: with one alone there is nothing to tell apart.
    static void classes(String name, int value) {
        atLeast(name, value, 2);
        width(name, value);
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
