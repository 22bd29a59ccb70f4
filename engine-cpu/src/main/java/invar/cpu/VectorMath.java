package invar.cpu;

import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Elementary functions of one vector, in single precision.
///
/// Each is exact at the ends of its range (zeros, infinities, NaN) and accurate for denormal arguments and results.
/// Largest errors over all floats, in units of 2⁻²³ of the result, or of the least float where that is larger:
///
/// | function | error | | function | error |
/// |---|---|---|---|---|
/// | [#exp] | 0.7 | | [#erf] | 1.5 |
/// | [#log] | 0.7 | | [#normalCdf] | 3 |
/// | [#tanh] | 1 | | [#gelu] | 3; below −13, where Φ is denormal, 12 |
/// | [#sigmoid] | 1.5 | | [#geluSlope] | 1.1 units of 2⁻²³, because it changes sign |
///
/// The polynomials are minimax fits in the relative error of the result (Lawson's reweighted least squares on 4000
/// Chebyshev points); the reductions are those of Cody and Waite, "Software manual for the elementary functions", 1980.
final class VectorMath {

    private static final VectorSpecies<Float> S = Lanes.SPECIES;

    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;        // 9 bits, so a product with an exponent is exact
    private static final float LN2_LOW = -2.12194440e-4f;      // ln 2 less the above
    private static final float ROUND = 0x1.8p23f;              // adding it leaves the nearest integer in the low bits
    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    private static final float EXP_HIGHEST = 88.72284f;        // ln of the largest float; above, e^x is infinite
    private static final float EXP_LOWEST = -103.97208f;       // ln 2⁻¹⁵⁰; below, e^x rounds to 0
    private static final int SQRT_HALF_BITS = 0x3F3504F3;      // √½: the mantissas of log lie in [√½, √2)
    private static final float ROOT_HALF = 0.70710678f;
    private static final float DENSITY = 0.39894228f;          // 1/√(2π)

    private VectorMath() {}

    /// eˣ = 2ⁿ eʳ with n the integer nearest to x / ln 2, so |r| ≤ ½ ln 2; eʳ = 1 + r + r² P(r), error of the fit
    /// 3·10⁻⁹.
    static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(constant(LOG2_E), constant(ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(constant(-LN2_HIGH), x);
        r = n.fma(constant(-LN2_LOW), r);
        FloatVector p = constant(0.0013814466f).fma(r, constant(0.008368781f));
        p = p.fma(r, constant(0.041668393f)).fma(r, constant(0.1666652f)).fma(r, constant(0.49999994f));
        FloatVector y = p.fma(r.mul(r), r).add(1);
        IntVector power = shifted.reinterpretAsInts().sub(ROUND_BITS), half = power.lanewise(ASHR, 1);
        y = y.mul(powerOfTwo(half)).mul(powerOfTwo(power.sub(half)));         // two steps: 2ⁿ alone may be out of range
        return y.blend(Float.POSITIVE_INFINITY, x.compare(GT, EXP_HIGHEST)).blend(0, x.compare(LT, EXP_LOWEST));
    }

    /// ln x = n ln 2 + ln(1 + f) with x = 2ⁿ(1 + f), √½ ≤ 1 + f < √2; ln(1 + f) = f − f²/2 + f³ P(f), error of the fit
    /// 6·10⁻⁹. ln 0 = −∞; NaN below 0.
    static FloatVector log(FloatVector x) {
        VectorMask<Float> denormal = x.compare(LT, Float.MIN_NORMAL);
        FloatVector scaled = x.blend(x.mul(0x1p23f), denormal);
        IntVector bits = scaled.reinterpretAsInts().sub(SQRT_HALF_BITS);
        FloatVector f = bits.and(0x007FFFFF).add(SQRT_HALF_BITS).reinterpretAsFloats().sub(1);
        FloatVector n = (FloatVector) bits.lanewise(ASHR, 23).convert(I2F, 0);
        n = n.blend(n.sub(23), denormal);
        FloatVector p = constant(-0.0763446f).fma(f, constant(0.12761563f)).fma(f, constant(-0.1316019f));
        p = p.fma(f, constant(0.1420176f)).fma(f, constant(-0.16623357f)).fma(f, constant(0.20001227f));
        p = p.fma(f, constant(-0.2500082f)).fma(f, constant(0.33333331f));
        FloatVector square = f.mul(f);
        FloatVector y = p.mul(f).fma(square, n.mul(LN2_LOW));
        y = square.fma(constant(-0.5f), y).add(f);
        y = n.fma(constant(LN2_HIGH), y).add(x.sub(x));                      // NaN stays, and infinity becomes NaN …
        return y.blend(Float.POSITIVE_INFINITY, x.compare(EQ, Float.POSITIVE_INFINITY))              // … but for this
                .blend(Float.NEGATIVE_INFINITY, x.compare(EQ, 0)).blend(Float.NaN, x.compare(LT, 0));
    }

    /// tanh x = x + x³ P(x²) for |x| < 0.625, error of the fit 4·10⁻⁹; beyond, ±(1 − 2 / (e^(2|x|) + 1)).
    static FloatVector tanh(FloatVector x) {
        FloatVector a = x.lanewise(ABS), s = x.mul(x);
        FloatVector p = constant(-0.005704989f).fma(s, constant(0.02063909f)).fma(s, constant(-0.053739715f));
        p = p.fma(s, constant(0.13331442f)).fma(s, constant(-0.3333328f));
        FloatVector small = p.mul(s).fma(x, x);
        FloatVector large = constant(1).sub(constant(2).div(exp(a.add(a)).add(1)));
        return withSign(large, x).blend(small, a.compare(LT, 0.625f));
    }

    /// σ(x) = 1 / (1 + e⁻ˣ), computed from e^(−|x|) so that nothing overflows and small results keep their digits.
    static FloatVector sigmoid(FloatVector x) {
        FloatVector e = exp(x.lanewise(ABS).neg());
        return e.blend(1, x.compare(GE, 0)).div(e.add(1));
    }

    /// erf x = x P(x²) for |x| < 1, error of the fit 10⁻⁹; beyond, ±(1 − erfc |x|).
    static FloatVector erf(FloatVector x) {
        FloatVector a = x.lanewise(ABS), z = a.blend(11, a.compare(GT, 11));  // 1 to the last bit long before
        FloatVector square = z.mul(z), rest = z.fma(z, square.neg());
        FloatVector large = constant(1).sub(tail(z, exp(square.neg()), rest));
        return withSign(large, x).blend(erfSmall(x), a.compare(LT, 1));
    }

    /// Φ(x) = (1 + erf(x/√2)) / 2, the distribution of a standard normal variable, with all digits in the lower tail.
    static FloatVector normalCdf(FloatVector x) {
        FloatVector a = limited(x), square = a.mul(a).mul(0.5f);
        return normalCdf(x, a, square, exp(square.neg()));
    }

    /// x Φ(x): the exact form of GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415).
    static FloatVector gelu(FloatVector x) {
        return x.mul(normalCdf(x));
    }

    /// d(x Φ(x))/dx = Φ(x) + x φ(x), with the density φ(x) = e^(−x²/2) / √(2π).
    static FloatVector geluSlope(FloatVector x) {
        FloatVector a = limited(x), square = a.mul(a).mul(0.5f), e = exp(square.neg());
        return x.mul(DENSITY).fma(e, normalCdf(x, a, square, e));
    }

    /// |x|, but no more than 15: there e^(−x²/2) is less than the least float.
    private static FloatVector limited(FloatVector x) {
        FloatVector a = x.lanewise(ABS);
        return a.blend(15, a.compare(GT, 15));
    }

    /// Φ(x) for a = |x|, square = a²/2 as rounded, and e = e^(−square).
    private static FloatVector normalCdf(FloatVector x, FloatVector a, FloatVector square, FloatVector e) {
        FloatVector z = a.mul(ROOT_HALF), rest = a.mul(0.5f).fma(a, square.neg());
        FloatVector lower = tail(z, e, rest).mul(0.5f);        // Φ(−|x|)
        FloatVector large = lower.blend(constant(1).sub(lower), x.compare(GT, 0));
        FloatVector small = erfSmall(x.mul(ROOT_HALF)).fma(constant(0.5f), constant(0.5f));
        return large.blend(small, z.compare(LT, 0.7f));
    }

    /// x P(x²) for |x| ≤ 1.
    private static FloatVector erfSmall(FloatVector x) {
        FloatVector s = x.mul(x);
        FloatVector p = constant(7.8539808e-5f).fma(s, constant(-8.010233e-4f)).fma(s, constant(0.0051883324f));
        p = p.fma(s, constant(-0.026853815f)).fma(s, constant(0.112835854f)).fma(s, constant(-0.37612626f));
        return p.fma(s, constant(1.1283792f)).mul(x);
    }

    /// erfc z = e^(−z²) t P(t), t = 1 / (1 + 0.4 z), for z ≥ 0.6; error of the fit 2·10⁻⁹.
    ///
    /// @param e    e^(−square), where the square is z² as rounded
    /// @param rest z² less the square: without it the error of the square would be multiplied by itself
    private static FloatVector tail(FloatVector z, FloatVector e, FloatVector rest) {
        FloatVector t = constant(1).div(z.fma(constant(0.4f), constant(1)));
        FloatVector p = constant(0.06213322f).fma(t, constant(-0.2281117f)).fma(t, constant(0.2408754f));
        p = p.fma(t, constant(-0.067270406f)).fma(t, constant(0.17253758f)).fma(t, constant(0.15917395f));
        p = p.fma(t, constant(0.20947792f)).fma(t, constant(0.2255186f)).fma(t, constant(0.22568154f));
        return e.mul(constant(1).sub(rest)).mul(t.mul(p));
    }

    private static FloatVector withSign(FloatVector magnitude, FloatVector sign) {
        return magnitude.reinterpretAsInts().or(sign.reinterpretAsInts().and(0x80000000)).reinterpretAsFloats();
    }

    /// 2ⁿ for −126 ≤ n ≤ 127.
    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(S, value);
    }
}
