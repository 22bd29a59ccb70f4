package invar.core.testkit;

import invar.core.DType;
import invar.core.spi.Precision;

/// How far a result may be from the reference's: a number of roundings, not a guess. With y the expected value, δ what
/// roundings of the inputs and of every intermediate value do to it ([NoisyBackend]), and n the length of the longest
/// sum behind it:
/// ```
/// |actual − y| ≤ 4 √n (δ + ulp (|y| + slack)) + the smallest normal number
/// ```
/// Roundings of a sum of n terms add up like √n; 4 leaves room for another order of summation and for functions that
/// are good to a few units in the last place: the vectorised CPU backend in float stays within a quarter of it, and an
/// error of one part in a thousand is far outside ([ComparisonTest]). The last term forgives results that are flushed
/// to zero.
///
/// A backend may round the factors of matrix products to fewer bits of significand than its type has, 11 or 8
/// ([Precision]), and lose up to e = 2⁻¹¹ or 2⁻⁸ of each. With δ′ what such roundings do to y ([Factors]), fused ops
/// are allowed 4 (δ′ + e |y|) more, if δ′ shows that they have products: without √n, because δ′ has all terms of the
/// sums in it, and those of factors that are rounded alike.
///
/// @param terms n; 0 asks for the exact value, rounded to the type
/// @param slack what an op may add to |y|: the size of intermediate values that cancel inside one op, such as 1 + erf
public record Tolerance(long terms, double slack) {

    private static final double ROOM = 4;

    /// The very number, rounded to the type of the backend.
    public static final Tolerance EXACT = new Tolerance(0, 0);

    /// For sums of `n` terms; 1 for ops on single elements.
    public static Tolerance terms(long n) {
        return new Tolerance(n, 0);
    }

    /// The same with a slack.
    public Tolerance slack(double size) {
        return new Tolerance(terms, size);
    }

    /// The largest difference that is allowed.
    double allowed(double expected, double noise, DType type) {
        if (terms == 0) return 0;
        double smallest = type == DType.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        return ROOM * Math.sqrt(terms) * (noise + ulp(type) * (Math.abs(expected) + slack)) + smallest;
    }

    /// What rounded factors may add to that.
    ///
    /// @param moved how far they moved the expected value
    double ofFactors(double expected, double moved, Precision precision) {
        return moved == 0 ? 0 : ROOM * (moved + precision.roundoff() * Math.abs(expected));
    }

    /// Distance from 1 to the next number.
    static double ulp(DType type) {
        return type == DType.F32 ? 0x1p-23 : 0x1p-52;
    }
}
