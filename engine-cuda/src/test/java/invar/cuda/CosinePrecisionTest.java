package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Cosines on tensor cores: rows have length 1, so factors rounded by e = [Precision#roundoff], and a sum over d places
/// that is cut off, move one by at most 2 e + e² + (d + 4) 2⁻²³ (Cauchy-Schwarz). Their gradients have the questions
/// and bounds of [BarlowPrecisionTest]; what is lost of du goes through da = r (du − u u·du).
class CosinePrecisionTest {

    private static final double ULP = 0x1p-23;

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        int[][] extents = {{1, 1, 1}, {2, 3, 5}, {33, 9, 31}, {5, 70, 900}, {130, 131, 64}, {7, 200, 128}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(extents).map(e ->
                DynamicTest.dynamicTest(precision + " rows, rows, features " + Arrays.toString(e), () -> {
                    Input a = Input.gaussian(1, Shape.of(e[0], e[2])), b = Input.gaussian(2, Shape.of(e[1], e[2]));
                    try (Device device = new Device("tested", Emulator.backend(precision));
                            Device reference = new Device("reference", new ReferenceBackend())) {
                        check(run(device, a, b), run(reference, a, b), precision.roundoff(), e[2]);
                        double[] first = run(device, a, b).getFirst();
                        for (long seed : new long[] {2, 0}) {
                            Emulator.seed(seed);
                            assertThat(run(device, a, b).getFirst()).isEqualTo(first);
                        }
                    }
                })));
    }

    private static List<double[]> run(Device device, Input... in) {
        return run(device, new CosineSimilarity(1e-8), in);
    }

    private static List<double[]> run(Device device, Op op, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        return Arrays.stream(Ops.apply(op, tensors)).map(Tensor::doubles).toList();
    }

    @TestFactory
    Stream<DynamicTest> gradientsLoseWhatRoundingFactorsExplains() {
        int[][] extents = {{1, 1, 3}, {2, 3, 5}, {33, 9, 31}, {5, 70, 900}, {130, 131, 64}, {7, 700, 33},
            {600, 5, 129}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(extents).map(e ->
                DynamicTest.dynamicTest(precision + " rows, rows, features " + Arrays.toString(e), () -> {
                    Input a = Input.gaussian(1, Shape.of(e[0], e[2])), b = Input.gaussian(2, Shape.of(e[1], e[2]));
                    Input ds = Input.gaussian(3, Shape.of(e[0], e[1]));
                    CosineSimilarityGrad op = new CosineSimilarityGrad(1e-8);
                    try (Device device = new Device("tested", Emulator.backend(precision));
                            Device reference = new Device("reference", new ReferenceBackend())) {
                        List<double[]> kept = run(device, a, b);
                        Input rA = Input.of(Shape.of(e[0], 1), kept.get(1));
                        Input rB = Input.of(Shape.of(e[1], 1), kept.get(2));
                        Input[] in = {a, b, rA, rB, ds};
                        List<double[]> slopes = run(device, op, in), exact = run(reference, op, in);
                        Matrix by = new Matrix(e[0], e[1], ds.values());
                        check(precision, by, unit(b, rB), unit(a, rA), rA, slopes.getFirst(), exact.getFirst());
                        check(precision, by.transposed(), unit(a, rA), unit(b, rB), rB, slopes.get(1), exact.get(1));
                        for (long seed : new long[] {1, 2, 0}) {
                            Emulator.seed(seed);
                            List<double[]> again = run(device, op, in);
                            for (int i = 0; i < 2; i++) assertThat(again.get(i)).isEqualTo(slopes.get(i));
                        }
                    }
                })));
    }

    /// Rows of unit length as kernels make them in single precision.
    private static Matrix unit(Input x, Input r) {
        double[] u = new double[x.values().length];
        int d = x.shape().dim(1);
        for (int i = 0; i < u.length; i++) u[i] = (float) x.values()[i] * (float) r.values()[i / d];
        return new Matrix(x.shape().dim(0), d, u);
    }

    /// da from ds v.
    private static void check(Precision precision, Matrix ds, Matrix v, Matrix u, Input r, double[] actual,
            double[] exact) {
        double e = precision.roundoff();
        double steps = (ds.columns() / 8.0 + Tiling.of(ds.rows(), v.columns(), ds.columns(), 1).parts() + 4) * ULP;
        Matrix sizes = ds.abs().times(v.abs()), single = sizes.scale(2 * steps + 16 * ULP);
        Matrix narrow = throughNorm(single, u.abs(), r, 1);
        throughNorm(ds.rounded(precision).times(v.rounded(precision)), u, r, -1)
                .assertNear("gradient of rounded factors", actual, narrow);
        if (v.columns() > 16) assertThat(throughNorm(ds.times(v), u, r, -1).farthest(actual, narrow)).isGreaterThan(1);
        new Matrix(u.rows(), u.columns(), exact).assertNear("gradient", actual,
                throughNorm(sizes.scale(2 * e + e * e).plus(single), u.abs(), r, 1));
    }

    /// r (du − u u·du), or, with `sign` 1 and absolute values, what it makes of errors that large.
    private static Matrix throughNorm(Matrix du, Matrix u, Input r, int sign) {
        double[] y = new double[du.values().length];
        for (int i = 0; i < du.rows(); i++) {
            double along = 0;
            for (int j = 0; j < du.columns(); j++) along += du.at(i, j) * u.at(i, j);
            for (int j = 0; j < du.columns(); j++) {
                y[i * du.columns() + j] = r.values()[i] * (du.at(i, j) + sign * u.at(i, j) * along);
            }
        }
        return new Matrix(du.rows(), du.columns(), y);
    }

    private static void check(List<double[]> actual, List<double[]> expected, double e, int d) {
        double allowed = 2 * e + e * e + (d + 4) * ULP;
        for (int i = 0; i < actual.getFirst().length; i++) {
            assertThat(Math.abs(actual.getFirst()[i] - expected.getFirst()[i])).as("cosine %d", i)
                    .isLessThanOrEqualTo(allowed);
        }
        for (int out = 1; out < 3; out++) {
            for (int i = 0; i < actual.get(out).length; i++) {
                double r = expected.get(out)[i];
                assertThat(Math.abs(actual.get(out)[i] - r)).as("r %d of %d", i, out).isLessThanOrEqualTo(r * 2 * ULP);
            }
        }
    }
}
