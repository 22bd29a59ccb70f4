package invar.ssl.augment;

/// The checks that the settings of several augmentations share; each message names the augmentation and the rule.
final class Require {

    private Require() {}

    static void that(boolean holds, String message) {
        if (!holds) throw new IllegalArgumentException(message);
    }

    static void probability(String kind, double p) {
        that(p >= 0 && p <= 1, kind + ": p must be in [0, 1] but is " + p);
    }

    static void size(String kind, int size) {
        that(size >= 1, kind + ": size must be at least 1 pixel but is " + size);
    }

    static void range(String kind, String name, double from, double to) {
        that(from > 0 && from <= to && to < Double.POSITIVE_INFINITY,
                kind + ": 0 < min <= max must hold for " + name + " but they are " + from + " and " + to);
    }
}
