package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.testkit.Factors;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// NT-Xent on tensor cores. Two questions, each with a bound that follows from e = [Precision#roundoff] and ε = 2⁻²³:
///
/// Against the reference. Rows have length 1, so factors that are rounded, and a sum over d places that is cut off,
/// move a cosine by at most δ = 2 e + e² + (d + 4) ε (Cauchy-Schwarz), and s, lse and L by δ/τ. The positive is not
/// rounded.
///
/// Against the formula in f64 of the very factors that were rounded. There the rest is of single precision, for lse
/// (d + 12) ε/τ and some roundings; and for the gradient the weights are rounded too, each by e of its size:
/// ```
/// |Δ duᵢ| ≤ (e + rest) 1/(m τ) Σⱼ |wᵢⱼ| |uⱼ|      |Δ dzᵢ| ≤ rᵢ (|Δ duᵢ| + |uᵢ| |uᵢ|ᵀ |Δ duᵢ|)
/// ```
class NtXentPrecisionTest {

    private static final double ULP = 0x1p-23;

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        // 3000 rows: pieces of five tiles, so that rings of three buffers go round
        int[][] shapes = {{2, 3}, {4, 1}, {6, 17}, {34, 5}, {66, 33}, {130, 40}, {330, 64}, {258, 128}, {70, 129},
                {36, 300}, {6, 1100}, {1090, 5}, {2050, 4}, {2, 256}, {6, 31}, {66, 64}, {130, 127}, {258, 3},
                {258, 256}, {130, 129}, {258, 300}, {3000, 3}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(shapes).map(shape ->
                DynamicTest.dynamicTest(precision + " " + Arrays.toString(shape), () -> {
                    Input z = Input.gaussian(1, Shape.of(shape));
                    try (Device device = new Device("tested", Emulator.backend(precision))) {
                        check(device, z, 0.1);
                        if (shape[0] < 1000) check(device, z, 0.5);
                    }
                })));
    }

    private static void check(Device device, Input z, double temperature) {
        List<double[]> kept = run(device, new NtXent(temperature), z);
        List<double[]> both = run(device, new NtXentAndGrad(temperature), z);
        Shape column = Shape.of(z.shape().dim(0), 1);
        List<double[]> grad = run(device, new NtXentGrad(temperature), z, Input.of(column, kept.get(1)),
                Input.of(column, kept.get(2)), Input.scalar(1));
        assertThat(both.getFirst()).as("L of both ops").containsExactly(kept.getFirst());
        try (Device reference = new Device("reference", new ReferenceBackend())) {
            double e = device.precision().roundoff();
            double change = (2 * e + e * e + (z.shape().dim(1) + 4) * ULP) / temperature;
            List<double[]> exact = run(reference, new NtXent(temperature), z);
            compare("L", kept.get(0), exact.get(0), i -> change + 8 * ULP * (1 / temperature));
            compare("lse", kept.get(1), exact.get(1), i -> change + 8 * ULP * (1 / temperature));
        }
        Rounded model = new Rounded(device.precision(), z, kept.get(2), temperature);
        compare("lse of rounded factors", kept.get(1), model.lse, i -> model.rest);
        compare("dz at once", both.get(1), model.dz, i -> model.allowed[i]);
        compare("dz from lse", grad.getFirst(), model.dz, i -> model.allowed[i]);
    }

    private interface Allowed {
        double of(int i);
    }

    private static void compare(String what, double[] actual, double[] expected, Allowed allowed) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(Math.abs(actual[i] - expected[i])).as("%s, element %d: %s, not %s", what, i, actual[i],
                    expected[i]).isLessThanOrEqualTo(allowed.of(i) + Float.MIN_NORMAL);
        }
    }

    private static List<double[]> run(Device device, Op op, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        return Arrays.stream(Ops.apply(op, tensors)).map(Tensor::doubles).toList();
    }

    /// The formula in f64, of rows of unit length that are rounded for all but the positives.
    private static final class Rounded {

        final double[] lse, dz, allowed;
        final double rest;

        Rounded(Precision precision, Input z, double[] r, double temperature) {
            int m = z.shape().dim(0), d = z.shape().dim(1);
            float[][] u = new float[m][d];
            double[][] v = new double[m][d], s = new double[m][m];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < d; j++) {
                    u[i][j] = (float) z.values()[i * d + j] * (float) r[i];
                    v[i][j] = Factors.rounded(precision, u[i][j]);
                }
            }
            lse = new double[m];
            double[] loss = new double[m];
            for (int i = 0; i < m; i++) {
                int partner = (i + m / 2) % m;
                double positive = dot(u[i], u[partner]) / temperature, sum = 0;
                for (int k = 0; k < m; k++) {
                    s[i][k] = dot(v[i], v[k]) / temperature;
                    if (k != i && k != partner) sum += Math.exp(s[i][k]);
                }
                loss[i] = Math.log1p(sum * Math.exp(-positive));
                lse[i] = positive + loss[i];
            }
            // sums of d and, in 8 or 16 at a time, of m numbers; powers of 2 and the scale of their arguments
            rest = ((d + 12) / temperature + m / 8.0 + 16) * ULP;
            dz = new double[m * d];
            allowed = new double[m * d];
            for (int i = 0; i < m; i++) row(precision, i, u, v, s, loss, r[i], 1 / (m * temperature));
        }

        private void row(Precision precision, int i, float[][] u, double[][] v, double[][] s, double[] loss, double r,
                double scale) {
            int m = u.length, d = u[i].length;
            double[] du = new double[d], size = new double[d];
            for (int k = 0; k < m; k++) {
                if (k == i) continue;
                double w = k == (i + m / 2) % m ? Math.expm1(-loss[i]) + Math.expm1(-loss[k])
                        : Math.exp(s[i][k] - lse[i]) + Math.exp(s[i][k] - lse[k]);
                // what a positive lacks of 1 follows from lse, whose rest is that of 1 and not of the lack itself
                double whole = k == (i + m / 2) % m ? 2 : Math.abs(w);
                double lost = Math.abs(w) * precision.roundoff() + 4 * rest * whole;
                for (int j = 0; j < d; j++) {
                    du[j] += scale * w * v[k][j];
                    size[j] += scale * lost * Math.abs(v[k][j]);
                }
            }
            double along = 0, most = 0;
            for (int j = 0; j < d; j++) {
                along += u[i][j] * du[j];
                most += Math.abs(u[i][j]) * (size[j] + 4 * ULP * Math.abs(du[j]));
            }
            for (int j = 0; j < d; j++) {
                dz[i * d + j] = r * (du[j] - u[i][j] * along);
                allowed[i * d + j] = r * (size[j] + 4 * ULP * Math.abs(du[j]) + Math.abs(u[i][j]) * most);
            }
        }

        private static double dot(float[] a, float[] b) {
            double sum = 0;
            for (int j = 0; j < a.length; j++) sum += (double) a[j] * b[j];
            return sum;
        }

        private static double dot(double[] a, double[] b) {
            double sum = 0;
            for (int j = 0; j < a.length; j++) sum += a[j] * b[j];
            return sum;
        }
    }

    /// Rows that begin anywhere give the bits of rows that begin at a multiple of 16 bytes.
    @Test
    void bitsDoNotDependOnWhereRowsBegin() {
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            try (Device device = new Device("tested", Emulator.backend(precision))) {
                for (Shape shape : List.of(Shape.of(66, 33), Shape.of(70, 128), Shape.of(6, 300))) {
                    Input z = Input.gaussian(3, shape);
                    double[] behind = new double[z.values().length + 3];
                    System.arraycopy(z.values(), 0, behind, 3, z.values().length);
                    Tensor moved = device.tensor(Shape.of(behind.length), behind).slice(0, 3, behind.length)
                            .reshape(shape);
                    List<double[]> expected = run(device, new NtXentAndGrad(0.2), z);
                    Tensor[] actual = Ops.apply(new NtXentAndGrad(0.2), moved);
                    for (int i = 0; i < actual.length; i++) {
                        assertThat(actual[i].doubles()).as("result %d of %s, %s", i, precision, shape)
                                .containsExactly(expected.get(i));
                    }
                }
            }
        }
    }

    @Test
    void bitsDoNotDependOnTheOrderOfWarps() {
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            try (Device device = new Device("tested", Emulator.backend(precision))) {
                for (Input z : List.of(Input.gaussian(1, Shape.of(330, 40)), Input.gaussian(2, Shape.of(140, 300)),
                        Input.gaussian(3, Shape.of(258, 256)))) {
                    Emulator.seed(1);
                    List<double[]> first = run(device, new NtXentAndGrad(0.2), z);
                    for (long seed : new long[] {2, 3, 0}) {
                        Emulator.seed(seed);
                        List<double[]> again = run(device, new NtXentAndGrad(0.2), z);
                        for (int i = 0; i < first.size(); i++) {
                            assertThat(Arrays.mismatch(again.get(i), first.get(i))).as("element of result %d of %s, %s,"
                                    + " that differs with seed %d", i, precision, z.shape(), seed).isEqualTo(-1);
                        }
                    }
                }
            }
        }
    }

    /// Rows with one number that is not 0 have cosines 0, 1 and −1, in any precision.
    @Test
    void cosinesThatAreExactGiveTheLossOfSinglePrecision() {
        double[] values = new double[150 * 7];
        for (int i = 0; i < 150; i++) values[i * 7 + i * i % 7] = i % 3 == 0 ? -2.5 : i + 1;
        Input z = Input.of(Shape.of(150, 7), values);
        double[] lse;
        try (Device device = new Device("single", Emulator.backend(Precision.FP32))) {
            lse = run(device, new NtXent(0.2), z).get(1);
        }
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            try (Device device = new Device("tested", Emulator.backend(precision))) {
                compare("lse", run(device, new NtXent(0.2), z).get(1), lse, i -> 2 * ULP * Math.abs(lse[i]));
            }
        }
    }

    /// Where 2/τ > 80, each row has a maximum of its own, and the kernels are those of single precision.
    @Test
    void smallTemperaturesAreInSinglePrecision() {
        Input z = Input.gaussian(1, Shape.of(70, 33));
        try (Device single = new Device("single", Emulator.backend(Precision.FP32));
                Device device = new Device("tested", Emulator.backend(Precision.BF16))) {
            List<double[]> expected = run(single, new NtXentAndGrad(0.02), z);
            List<double[]> actual = run(device, new NtXentAndGrad(0.02), z);
            for (int i = 0; i < 2; i++) assertThat(actual.get(i)).containsExactly(expected.get(i));
        }
    }
}
