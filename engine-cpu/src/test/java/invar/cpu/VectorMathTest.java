package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.PointwiseOp.Unary;
import invar.core.Shape;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VectorMathTest {

    /// One of the functions under test.
    private interface Kernel {
        void apply(float[] x, int xo, float[] y, int yo, int n);
    }

    /// Every 20 011th float of all 2³², of both signs and all exponents, and the neighbourhoods of what is special.
    private static final float[] SWEEP = sweep();

    private static float[] sweep() {
        int step = 20_011, count = (int) ((1L << 32) / step);
        float[] special = {0f, -0f, Float.MIN_VALUE, Float.MIN_NORMAL, 1f, Float.MAX_VALUE, Float.POSITIVE_INFINITY,
            88.722839f, 88.02969f, -87.33654f, -103.97208f, 0.6f, 2 / 3f, 4 / 3f, (float) Math.log(2) / 2, 14.5f, 20f};
        float[] x = new float[count + special.length * 2 * 201];
        for (int i = 0; i < count; i++) x[i] = Float.intBitsToFloat(i * step);
        int at = count;
        for (float s : special) {
            for (int k = -100; k <= 100; k++) {
                float value = Float.intBitsToFloat(Float.floatToIntBits(s) + k);
                x[at++] = value;
                x[at++] = -value;
            }
        }
        return x;
    }

    /// Errors relative to the function itself.
    private static final DoubleBinaryOperator RELATIVE = (x, f) -> Math.abs(f);

    private static float[] apply(Kernel kernel, float[] x) {
        float[] y = new float[x.length];
        kernel.apply(x, 0, y, 0, x.length);
        return y;
    }

    /// Compares with a function in double. The error may be `relative` times `scale(x)`, and two of the smallest
    /// denormals, or 2|x| of them for products with x.
    private static void check(Kernel kernel, DoubleUnaryOperator f, double relative, DoubleBinaryOperator scale) {
        float[] y = apply(kernel, SWEEP);
        double worst = 0;
        float at = 0;
        for (int i = 0; i < y.length; i++) {
            double expected = f.applyAsDouble(SWEEP[i]);
            if (Float.isInfinite(SWEEP[i])) continue;                                 // see the test of exact values
            if (Double.isNaN(expected) || Math.abs(expected) > Float.MAX_VALUE * (1 + 1e-7)) {
                assertThat(Float.valueOf(y[i])).as("f(%s)", SWEEP[i]).isEqualTo(Float.valueOf((float) expected));
                continue;
            }
            if (Math.abs(expected) > Float.MAX_VALUE * (1 - 1e-7)) continue;          // one rounding from infinity
            double error = Math.abs(y[i] - expected) - 2.0 * Math.max(1, Math.abs(SWEEP[i])) * Float.MIN_VALUE;
            double ratio = Math.max(0, error) / scale.applyAsDouble(SWEEP[i], expected);
            if (error > 0 && !(ratio <= worst)) {
                worst = ratio;
                at = SWEEP[i];
            }
        }
        assertThat(worst).as("largest relative error, at %s", at).isBetween(1e-9, relative);
    }

    @Test
    void expHoldsItsErrorOverAllFloats() {
        check(VectorMath::exp, Math::exp, 9e-8, RELATIVE);
    }

    @Test
    void logHoldsItsErrorOverAllFloats() {
        check(VectorMath::log, Math::log, 9e-8, RELATIVE);
    }

    @Test
    void sigmoidHoldsItsErrorOverAllFloats() {
        check(VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), 1.8e-7, RELATIVE);
    }

    @Test
    void tanhHoldsItsErrorOverAllFloats() {
        check(VectorMath::tanh, Math::tanh, 1.5e-7, RELATIVE);
    }

    @Test
    void geluHoldsItsErrorOverAllFloats() {
        compareWithReference(VectorMath::gelu, Unary.GELU, 5e-7, RELATIVE);
    }

    @Test
    void geluSlopeHoldsItsErrorOverAllFloats() {
        compareWithReference(VectorMath::geluSlope, Unary.GELU_SLOPE, 5e-7,
                (x, slope) -> slope + (x < 0 ? 2 * -x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) : 0));
    }

    /// Φ in double is the reference backend's.
    private static void compareWithReference(Kernel kernel, Unary op, double relative,
            DoubleBinaryOperator scale) {
        try (Device device = Device.open("reference")) {
            double[] wide = new double[SWEEP.length];
            for (int i = 0; i < wide.length; i++) wide[i] = SWEEP[i];
            double[] expected = Ops.run(op, device.tensor(Shape.of(wide.length), wide)).doubles();
            int[] next = {0};
            check(kernel, x -> expected[next[0]++], relative, scale);
        }
    }

    @Test
    @Tag("lanes")
    void keepsTheValuesThatAreExact() {
        float inf = Float.POSITIVE_INFINITY;
        assertThat(apply(VectorMath::exp, new float[] {0, -0f, inf, -inf, 89, -105, 90, Float.MAX_VALUE}))
                .containsExactly(1, 1, inf, 0, inf, 0, inf, inf);
        assertThat(apply(VectorMath::exp, new float[] {Float.NaN, Float.intBitsToFloat(-1),
            Float.intBitsToFloat(0xffc00000)}))
                .containsOnly(Float.NaN);
        assertThat(apply(VectorMath::log, new float[] {1, 0, -0f, inf})).containsExactly(0, -inf, -inf, inf);
        assertThat(apply(VectorMath::log, new float[] {-1, -inf, Float.NaN, -Float.MIN_VALUE}))
                .containsOnly(Float.NaN);
        assertThat(apply(VectorMath::sigmoid, new float[] {0, inf, -inf})).containsExactly(0.5f, 1, 0);
        assertThat(apply(VectorMath::tanh, new float[] {0, -0f, inf, -inf})).containsExactly(0, -0f, 1, -1);
        assertThat(apply(VectorMath::gelu, new float[] {0, inf, -30})).containsExactly(0, inf, -0f);
        assertThat(apply(VectorMath::geluSlope, new float[] {inf, -inf})).containsExactly(1, -0f);
    }

    @Test
    @Tag("lanes")
    void doesNotDependOnThePlaceInTheArray() {
        Kernel[] kernels = {VectorMath::exp, VectorMath::log, VectorMath::sigmoid, VectorMath::tanh, VectorMath::gelu,
            VectorMath::geluSlope};
        float[] x = Numbers.random(300, 5);
        for (int i = 0; i < x.length; i++) x[i] *= 10;
        for (Kernel kernel : kernels) {
            float[] whole = apply(kernel, x), pieces = new float[x.length];
            for (int from = 0, length = 1; from < x.length; from += length, length = length % 19 + 1) {
                kernel.apply(x, from, pieces, from, Math.min(length, x.length - from));
            }
            assertThat(pieces).containsExactly(whole);
        }
    }

    @Test
    @Tag("lanes")
    void writesNothingBeyondItsRange() {
        float[] x = Numbers.random(40, 6), y = new float[40];
        VectorMath.exp(x, 1, y, 3, 17);
        for (int i = 0; i < 40; i++) {
            if (i < 3 || i >= 20) assertThat(y[i]).isZero();
            else assertThat(y[i]).isPositive();
        }
    }
}
