package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Elementary functions, a vector at a time.
///
/// A value's result depends on nothing but the value: not on its place in the array, nor on how the array is cut, nor
/// on whether the code is interpreted or compiled, nor on the processor. Two rules see to that. What is left over at
/// the end is padded to a vector and goes through the same instructions. And there is nothing here but additions,
/// multiplications, fused multiply-adds, divisions and bit operations, each of which Java rounds exactly; the
/// transcendental operators of the Vector API are not used, because they are one library or another, or a scalar loop.
///
/// Largest relative errors, over all floats with a normal result (a float's own rounding is 6.0e-8):
/// ```
/// exp 9e-8   log 9e-8   sigmoid 1.8e-7   tanh 1.5e-7   gelu 5e-7, where Φ(x) is normal too, x > −12.9
/// ```
/// The slope of gelu has an error of 5e-7 · (Φ(x) + |x| φ(x)); relative to the slope itself it grows around the zero at
/// x = −0.752. Denormal results, and gelu below −12.9, have an absolute error of up to two, or 2|x|, of the smallest
/// denormals. The polynomials are minimax fits in relative error, their coefficients rounded to float one after
/// another, lowest power first, with the others fitted again.
final class VectorMath {

    /// 1.5 · 2²³: adding it rounds to an integer, which then lies in the low bits.
    private static final float ROUND = 0x1.8p23f;

    /// The same for integers from −254 on, with 254 added to the low bits: twice the bias of a float's exponent.
    private static final float ROUND_BIASED = ROUND + 254;

    private static final float LOG2_E = 1.44269504f;

    /// ln 2 in two parts; the first has few bits, so that its product with an exponent is exact.
    private static final float LN2_HIGH = 0x1.62e4p-1f, LN2_LOW = (float) (0.6931471805599453 - 0x1.62e4p-1);

    private static final float SQRT_HALF_OVER_PI = 0.39894228f;     // 1/√(2π)

    private VectorMath() {}

    /// eˣ. Overflows to ∞ above 88.7228, and underflows through the denormals to 0 below −103.97.
    static FloatVector exp(FloatVector x) {
        return expAbove(x.blend(-104, x.compare(VectorOperators.LT, -104)));        // NaN passes
    }

    /// eˣ for x ≥ −106, and NaN.
    ///
    /// Instructions count, where memory is fast or a neighbour shares the core: the exponent's bias comes with the
    /// rounding, its upper bound is one minimum of integers, and the polynomial is summed in pairs. Its last term, 1,
    /// is the power of two itself: 2ʰ eʳ = 2ʰ + 2ʰ u, rounded once. Above 89 the exponent stays at 128 while r grows,
    /// and with all coefficients positive the result is ∞ as it should be.
    private static FloatVector expAbove(FloatVector v) {
        FloatVector t = v.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND_BIASED));
        IntVector k = t.reinterpretAsInts().min(Float.floatToRawIntBits(ROUND_BIASED + 128));      // n + 254, low bits
        FloatVector n = k.reinterpretAsFloats().sub(ROUND_BIASED);                  // x = n ln 2 + r, |r| ≤ ln 2 / 2
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), v);
        r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
        FloatVector square = r.mul(r);
        FloatVector u = r.fma(FloatVector.broadcast(SPECIES, 0.00837416667f),
                FloatVector.broadcast(SPECIES, 0.0416658297f));
        u = square.fma(FloatVector.broadcast(SPECIES, 0.00139883626f), u);
        u = square.fma(u, r.fma(FloatVector.broadcast(SPECIES, 0.16666463f), FloatVector.broadcast(SPECIES, 0.5f)));
        u = square.fma(u, r);                                                       // eʳ − 1
        IntVector half = k.lanewise(VectorOperators.ASHR, 1);                     // 2ⁿ in two steps: one would overflow
        FloatVector scale = power(half);
        return u.fma(scale, scale).mul(power(k.sub(half)));
    }

    /// The float whose exponent bits are the low bits of `biased`: 2^(biased − 127) for 1 ≤ biased ≤ 254.
    private static FloatVector power(IntVector biased) {
        return biased.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    /// ln x; −∞ at ±0, NaN below 0, ∞ at ∞.
    static FloatVector log(FloatVector x) {
        VectorMask<Float> tiny = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
        FloatVector v = x.blend(x.mul(0x1p23f), tiny);
        IntVector bits = v.reinterpretAsInts();
        int twoThirds = Float.floatToRawIntBits(2 / 3f);
        IntVector e = bits.sub(twoThirds).and(0xff800000);                          // exponent, in place
        FloatVector f = bits.sub(e).reinterpretAsFloats().sub(1);                   // x = 2ᵉ (1 + f), f in −1/3 … 1/3
        FloatVector n = exponent(e).sub(FloatVector.zero(SPECIES).blend(23, tiny));
        FloatVector small = logPolynomial(f).mul(f).fma(f, n.mul(LN2_LOW)).add(f);
        FloatVector y = n.fma(FloatVector.broadcast(SPECIES, LN2_HIGH), small);
        y = y.blend(x, x.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
        y = y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0));
        return y.blend(Float.NaN, x.compare(VectorOperators.GE, 0).not());          // below 0, and NaN
    }

    /// (ln(1 + f) − f) / f² for |f| ≤ 1/3.
    private static FloatVector logPolynomial(FloatVector f) {
        FloatVector p = FloatVector.broadcast(SPECIES, -0.122995801f);
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.137777448f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, -0.122822054f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.140579641f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, -0.166779503f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.200061426f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, -0.249996841f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.333333343f));
        return p.fma(f, FloatVector.broadcast(SPECIES, -0.5f));
    }

    /// The number k of `k · 2²³`, |k| < 2²², without a conversion instruction: put into the low bits of [#ROUND].
    private static FloatVector exponent(IntVector e) {
        IntVector k = e.lanewise(VectorOperators.ASHR, 23);
        return k.add(Float.floatToRawIntBits(ROUND)).reinterpretAsFloats().sub(ROUND);
    }

    /// 1/(1 + e⁻ˣ). With e^(−|x|), which is at most 1, no digits are lost on either side.
    static FloatVector sigmoid(FloatVector x) {
        FloatVector t = exp(x.abs().neg());
        FloatVector above = FloatVector.broadcast(SPECIES, 1);
        return above.blend(t, x.compare(VectorOperators.LT, 0)).div(t.add(1));
    }

    /// tanh x: an odd polynomial up to 0.6, and 1 − 2/(e^(2|x|) + 1) beyond, where little cancels.
    static FloatVector tanh(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector one = FloatVector.broadcast(SPECIES, 1), two = FloatVector.broadcast(SPECIES, 2);
        FloatVector far = one.sub(two.div(exp(a.add(a)).add(1)));
        FloatVector s = a.mul(a);
        FloatVector p = FloatVector.broadcast(SPECIES, -0.00598770473f);            // tanh a = a + a³ p(a²)
        p = p.fma(s, FloatVector.broadcast(SPECIES, 0.0208948329f));
        p = p.fma(s, FloatVector.broadcast(SPECIES, -0.0538216345f));
        p = p.fma(s, FloatVector.broadcast(SPECIES, 0.133325219f));
        p = p.fma(s, FloatVector.broadcast(SPECIES, -0.333333284f));
        FloatVector near = p.mul(s).fma(a, a);
        FloatVector y = far.blend(near, a.compare(VectorOperators.LT, 0.6f));
        IntVector sign = x.reinterpretAsInts().and(Integer.MIN_VALUE);
        return y.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /// x Φ(x). Not a number at −∞, as the formula is.
    static FloatVector gelu(FloatVector x) {
        FloatVector a = tailArgument(x);
        FloatVector tail = gauss(a).mul(millsRatio(a));                             // Φ(−|x|)
        FloatVector above = FloatVector.broadcast(SPECIES, 1).sub(tail);
        return x.mul(above.blend(tail, x.compare(VectorOperators.LT, 0)));
    }

    /// Φ(x) + x φ(x). On the left both terms have the factor e^(−x²/2), so that their difference keeps its digits.
    static FloatVector geluSlope(FloatVector x) {
        FloatVector a = tailArgument(x);
        // First this, and then the polynomial: the compiler inlines no more calls once a method has got long.
        FloatVector e = gauss(a);
        FloatVector left = e.mul(a.fma(FloatVector.broadcast(SPECIES, -SQRT_HALF_OVER_PI), millsRatio(a)));
        FloatVector right = FloatVector.broadcast(SPECIES, 1).sub(left);
        return right.blend(left, x.compare(VectorOperators.LT, 0));
    }

    /// |x|, at most 14.5: there Φ(−|x|) is zero in float.
    private static FloatVector tailArgument(FloatVector x) {
        FloatVector a = x.abs();
        return a.blend(14.5f, a.compare(VectorOperators.GT, 14.5f));
    }

    /// e^(−a²/2): the rounding error of the square is what would cost the most digits, and is put back in.
    private static FloatVector gauss(FloatVector a) {
        FloatVector square = a.mul(a);
        FloatVector lost = a.fma(a, square.neg());
        FloatVector e = expAbove(square.mul(-0.5f));
        return e.fma(lost.mul(-0.5f), e);
    }

    /// Φ(−a) e^(a²/2) for 0 ≤ a ≤ 14.5: a polynomial in (a − 4)/(a + 4), over a + 4. The form is that of Shepherd and
    /// Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x", Mathematics of Computation 36, 1981.
    private static FloatVector millsRatio(FloatVector a) {
        FloatVector inverse = FloatVector.broadcast(SPECIES, 1).div(a.add(4));
        FloatVector q = a.sub(4).mul(inverse);
        FloatVector p = FloatVector.broadcast(SPECIES, 0.000406748877f);
        p = p.fma(q, FloatVector.broadcast(SPECIES, 0.00157043675f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, -0.00366595224f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, -0.0075592706f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, 0.0604379512f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, -0.186515987f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, 0.387134254f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, -0.607896864f));
        p = p.fma(q, FloatVector.broadcast(SPECIES, 0.755285144f));
        return p.mul(inverse);
    }

    /// y = eˣ for `n` numbers; like the methods below, also if x and y are the same numbers.
    static void exp(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) exp(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            exp(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// y = ln x.
    static void log(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) log(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            log(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// y = 1/(1 + e⁻ˣ).
    static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) sigmoid(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            sigmoid(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// y = tanh x.
    static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) tanh(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            tanh(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// y = x Φ(x).
    static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) gelu(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            gelu(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// y = Φ(x) + x φ(x).
    static void geluSlope(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) geluSlope(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
        if (i < n) {
            float[] pad = pad(x, xo + i, n - i);
            geluSlope(pad, 0, pad, 0, WIDTH);
            System.arraycopy(pad, 0, y, yo + i, n - i);
        }
    }

    /// A vector that begins with `n` numbers of x.
    private static float[] pad(float[] x, int at, int n) {
        float[] pad = new float[WIDTH];
        System.arraycopy(x, at, pad, 0, n);
        return pad;
    }
}
