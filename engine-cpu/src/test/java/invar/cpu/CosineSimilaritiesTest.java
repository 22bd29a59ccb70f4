package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.CosineSimilarity;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class CosineSimilaritiesTest {

    private static final double EPSILON = 0.01;

    /// s, rA and rB of random rows; row 3 of a is zero, and row 5 of b shorter than ε.
    private static Tensor[] forward(Device device, int n, int m, int d) {
        float[] a = Numbers.random(n * d, 1), b = Numbers.random(m * d, 2);
        for (int k = 0; k < d; k++) {
            a[3 * d + k] = 0;
            b[5 * d + k] *= 1e-4f;
        }
        return Ops.apply(new CosineSimilarity(EPSILON), device.tensor(Shape.of(n, d), a),
                device.tensor(Shape.of(m, d), b));
    }

    /// Compares all of s, and the factors, with the formula in double.
    private static void check(Device device, int n, int m, int d) {
        Tensor[] out = forward(device, n, m, d);
        double[] a = new double[n * d], b = new double[m * d];
        float[] x = Numbers.random(n * d, 1), y = Numbers.random(m * d, 2);
        for (int i = 0; i < n * d; i++) a[i] = i / d == 3 ? 0 : x[i];
        for (int i = 0; i < m * d; i++) b[i] = i / d == 5 ? y[i] * 1e-4f : y[i];
        double[] rA = normalize(a, d), rB = normalize(b, d);
        assertFactors(out[1].floats(), rA);
        assertFactors(out[2].floats(), rB);
        float[] s = out[0].floats();
        double bound = Numbers.bound(d + 4, 1);                               // Σ|uᵢvᵢ| ≤ 1; u and v are rounded twice
        double worst = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                double expected = 0;
                for (int k = 0; k < d; k++) expected += a[i * d + k] * b[j * d + k];
                double error = Math.abs(s[i * m + j] - expected);
                if (!(error <= worst)) worst = error;
            }
        }
        assertThat(worst).as("largest error of (%d, %d) and (%d, %d)", n, d, m, d).isLessThanOrEqualTo(bound);
    }

    private static double[] normalize(double[] x, int d) {
        double[] r = new double[x.length / d];
        for (int i = 0; i < r.length; i++) {
            double square = 0;
            for (int k = 0; k < d; k++) square += x[i * d + k] * x[i * d + k];
            r[i] = 1 / Math.max(Math.sqrt(square), EPSILON);
            for (int k = 0; k < d; k++) x[i * d + k] *= r[i];
        }
        return r;
    }

    private static void assertFactors(float[] actual, double[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs(actual[i] / expected[i] - 1)).as("factor %d", i).isLessThan(2e-7);
        }
    }

    /// More than 2²⁰ results, and more than 512 columns, are written directly by tiles; less, or longer rows, are not.
    @Test
    void followsItsFormulaInAllSizes() {
        try (Device device = Device.open("cpu")) {
            for (int d : new int[] {1, 33, 129}) check(device, 1031, 1021, d);
            check(device, 2048, 512, 16);
            check(device, 2053, 513, 9);
            check(device, 2053, 511, 9);
            check(device, 1025, 1024, 257);
            check(device, 17, 31, 5);
        }
    }

    @Test
    void doesNotDependOnTheNumberOfThreads() {
        try (Device one = new Device("one", new CpuBackend(1)); Device three = new Device("three", new CpuBackend(3))) {
            Tensor[] x = forward(one, 1031, 1021, 33), y = forward(three, 1031, 1021, 33);
            for (int i = 0; i < x.length; i++) assertThat(Arrays.equals(y[i].floats(), x[i].floats())).isTrue();
        }
    }
}
