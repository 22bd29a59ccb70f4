package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class VectorMathTest {

    private static final int STRIDE = 29989;                   // prime: 143 000 floats of every exponent and both signs

    /// The largest error over all floats in [low, high] that a stride visits, in units of 2⁻²³ of the result or of
    /// `least`, whichever is larger.
    private static double worst(UnaryOperator<FloatVector> f, DoubleUnaryOperator exact, float low, float high,
            double least) {
        float[] x = new float[Lanes.WIDTH], y = new float[Lanes.WIDTH];
        double worst = 0;
        int lanes = 0;
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += STRIDE) {
            float value = Float.intBitsToFloat((int) bits);
            if (value >= low && value <= high) {
                x[lanes++] = value;
            }
            if (lanes == x.length) {
                lanes = 0;
                f.apply(FloatVector.fromArray(Lanes.SPECIES, x, 0)).intoArray(y, 0);
                for (int i = 0; i < x.length; i++) {
                    double expected = exact.applyAsDouble(x[i]);
                    if ((float) expected == y[i]) {
                        continue;                              // infinities and exact zeros among them
                    }
                    double unit = Math.max(Math.max(Math.abs(expected), least) * 0x1p-23, Float.MIN_VALUE);
                    double error = Math.abs(y[i] - expected) / unit;
                    worst = error <= worst ? worst : error;
                }
            }
        }
        return worst;
    }

    private static float at(UnaryOperator<FloatVector> f, float x) {
        FloatVector y = f.apply(FloatVector.broadcast(Lanes.SPECIES, x));
        float first = y.lane(0);
        assertThat(Float.floatToIntBits(y.lane(Lanes.WIDTH - 1))).isEqualTo(Float.floatToIntBits(first));
        return first;
    }

    private static final float MAX = Float.MAX_VALUE, INFINITY = Float.POSITIVE_INFINITY, NAN = Float.NaN;

    @Test
    void expIsAccurate() {
        assertThat(worst(VectorMath::exp, Math::exp, -MAX, MAX, 0)).isLessThan(0.7);
        assertThat(at(VectorMath::exp, INFINITY)).isEqualTo(INFINITY);
        assertThat(at(VectorMath::exp, -INFINITY)).isEqualTo(0);
        assertThat(at(VectorMath::exp, NAN)).isNaN();
        assertThat(at(VectorMath::exp, 0)).isEqualTo(1);
        assertThat(at(VectorMath::exp, -0f)).isEqualTo(1);
        assertThat(at(VectorMath::exp, -103.5f)).isEqualTo(Float.MIN_VALUE);
        assertThat(at(VectorMath::exp, 88.722f)).isFinite();
        assertThat(at(VectorMath::exp, 88.73f)).isEqualTo(INFINITY);
    }

    @Test
    void logIsAccurate() {
        assertThat(worst(VectorMath::log, Math::log, 0, MAX, 0)).isLessThan(0.7);
        for (float x = 0.99f; x < 1.01f; x += 0.00037f) {      // close to its zero
            assertThat(at(VectorMath::log, x)).isCloseTo((float) Math.log(x),
                    offset((float) Math.abs(Math.log(x)) * 0x1p-23f));
        }
        assertThat(at(VectorMath::log, 1)).isEqualTo(0);
        assertThat(at(VectorMath::log, 0)).isEqualTo(-INFINITY);
        assertThat(at(VectorMath::log, -0f)).isEqualTo(-INFINITY);
        assertThat(at(VectorMath::log, -1)).isNaN();
        assertThat(at(VectorMath::log, -INFINITY)).isNaN();
        assertThat(at(VectorMath::log, INFINITY)).isEqualTo(INFINITY);
        assertThat(at(VectorMath::log, NAN)).isNaN();
        assertThat(at(VectorMath::log, Float.MIN_VALUE)).isEqualTo((float) Math.log(Float.MIN_VALUE));
    }

    @Test
    void tanhIsAccurate() {
        assertThat(worst(VectorMath::tanh, Math::tanh, -MAX, MAX, 0)).isLessThan(1);
        assertThat(at(VectorMath::tanh, INFINITY)).isEqualTo(1);
        assertThat(at(VectorMath::tanh, -INFINITY)).isEqualTo(-1);
        assertThat(at(VectorMath::tanh, -0f)).isEqualTo(-0f);
        assertThat(at(VectorMath::tanh, NAN)).isNaN();
    }

    @Test
    void sigmoidIsAccurate() {
        assertThat(worst(VectorMath::sigmoid, x -> x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)),
                -MAX, MAX, 0)).isLessThan(1.5);
        assertThat(at(VectorMath::sigmoid, INFINITY)).isEqualTo(1);
        assertThat(at(VectorMath::sigmoid, -INFINITY)).isEqualTo(0);
        assertThat(at(VectorMath::sigmoid, 0)).isEqualTo(0.5f);
        assertThat(at(VectorMath::sigmoid, NAN)).isNaN();
    }

    @Test
    void erfIsAccurate() {
        assertThat(worst(VectorMath::erf, VectorMathTest::erf, -MAX, MAX, 0)).isLessThan(1.5);
        assertThat(at(VectorMath::erf, INFINITY)).isEqualTo(1);
        assertThat(at(VectorMath::erf, -INFINITY)).isEqualTo(-1);
        assertThat(at(VectorMath::erf, -0f)).isEqualTo(-0f);
        assertThat(at(VectorMath::erf, NAN)).isNaN();
    }

    @Test
    void normalCdfIsAccurateIntoItsTail() {
        assertThat(worst(VectorMath::normalCdf, VectorMathTest::normalCdf, -MAX, MAX, 0)).isLessThan(3);
        assertThat(at(VectorMath::normalCdf, INFINITY)).isEqualTo(1);
        assertThat(at(VectorMath::normalCdf, -INFINITY)).isEqualTo(0);
        assertThat(at(VectorMath::normalCdf, 0)).isEqualTo(0.5f);
        assertThat(at(VectorMath::normalCdf, NAN)).isNaN();
    }

    @Test
    void geluAndItsSlopeAreAccurate() {
        assertThat(worst(VectorMath::gelu, x -> x * normalCdf(x), -13, MAX, 0)).isLessThan(3);
        assertThat(worst(VectorMath::gelu, x -> x * normalCdf(x), -MAX, -13, 0)).isLessThan(12);
        DoubleUnaryOperator slope = x -> normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        assertThat(worst(VectorMath::geluSlope, slope, -MAX, MAX, 1)).isLessThan(1.1);
    }

    private static double erf(double x) {
        return Math.abs(x) < 1 ? erfSeries(x) : Math.signum(x) * (1 - erfcFraction(Math.abs(x)));
    }

    private static double normalCdf(double x) {
        double z = Math.abs(x) / Math.sqrt(2);
        double lower = z < 1 ? (1 - erfSeries(z)) / 2 : erfcFraction(z) / 2;
        return x < 0 ? lower : 1 - lower;
    }

    /// erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, which has no cancellation; Abramowitz and Stegun, 7.1.6.
    private static double erfSeries(double x) {
        double term = x, sum = x;
        for (int n = 1; n < 40; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /// erfc x for x ≥ 1 by its continued fraction, from the far end; Abramowitz and Stegun, 7.1.14.
    private static double erfcFraction(double x) {
        if (x > 30) {
            return 0;
        }
        double fraction = 0;
        for (int n = 200; n > 0; n--) {
            fraction = n / 2.0 / (x + fraction);
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
    }
}
