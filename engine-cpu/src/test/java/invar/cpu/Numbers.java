package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Philox;

/// Inputs and comparisons of the tests of this package.
final class Numbers {

    private static final double ULP = 0x1p-24;                 // unit roundoff of float

    private Numbers() {}

    /// `n` numbers in [−1, 1), the same for the same seed.
    static float[] random(int n, long seed) {
        float[] x = new float[n];
        int[] word = new int[4];
        for (int i = 0; i < n; i++) {
            if (i % 4 == 0) {
                Philox.block(seed, 77, i / 4, word);
            }
            x[i] = (word[i % 4] >> 8) * 0x1p-23f;
        }
        return x;
    }

    /// The largest error that a sum of `terms` products, in any order, may have: `terms · Σ|aᵢbᵢ| · ulp`, and one
    /// rounding of the result. The bound of Higham, "Accuracy and stability of numerical algorithms", Eq. 3.5.
    static double bound(int terms, double sumOfMagnitudes) {
        return (terms + 2) * sumOfMagnitudes * ULP + Float.MIN_VALUE;
    }

    /// Compares with a result in double, element by element, each within its own bound.
    static void assertWithin(float[] actual, double[] expected, double[] bound, String what) {
        assertThat(actual.length).as(what).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= bound[i])) {
                throw new AssertionError(what + ": element " + i + " is " + actual[i] + " but should be " + expected[i]
                        + " within " + bound[i]);
            }
        }
    }
}
