package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The cross-correlation and its gradients on tensor cores: the questions and bounds of [BarlowPrecisionTest].
class CrossCorrelationPrecisionTest {

    private static final double ULP = 0x1p-23;
    private static final CrossCorrelation OP = new CrossCorrelation(1e-5);
    private static final CrossCorrelationGrad GRAD = new CrossCorrelationGrad();

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        int[][] shapes = {{2, 3}, {3, 1}, {9, 17}, {33, 31}, {129, 5}, {7, 65}, {70, 140}, {700, 9}, {5, 600}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(shapes).map(shape ->
                DynamicTest.dynamicTest(precision + " " + Arrays.toString(shape), () -> {
                    try (Device device = new Device("tested", Emulator.backend(precision))) {
                        check(device, shape[0], shape[1]);
                    }
                })));
    }

    private static void check(Device device, int n, int d) {
        Input[] in = new Input[7];
        in[0] = Input.gaussian(1, Shape.of(n, d));
        in[1] = Input.gaussian(2, Shape.of(n, d));
        in[6] = Input.gaussian(3, Shape.of(d, d));
        List<double[]> kept = same(device, OP, in[0], in[1]);
        for (int i = 1; i < 5; i++) in[i + 1] = Input.of(Shape.of(d), kept.get(i));
        List<double[]> slopes = same(device, GRAD, in);
        try (Device reference = new Device("reference", new ReferenceBackend())) {
            matrix(device.precision(), in, kept.getFirst(), run(reference, OP, in[0], in[1]).getFirst());
            List<double[]> exact = run(reference, GRAD, in);
            for (int side = 0; side < 2; side++) {
                slopes(device.precision(), in, side, slopes.get(side), exact.get(side));
            }
        }
    }

    /// The same bits in whatever order warps run.
    private static List<double[]> same(Device device, Op op, Input... in) {
        Emulator.seed(1);
        List<double[]> first = run(device, op, in);
        for (long seed : new long[] {1, 2, 0}) {
            Emulator.seed(seed);
            List<double[]> again = run(device, op, in);
            for (int i = 0; i < first.size(); i++) assertThat(again.get(i)).isEqualTo(first.get(i));
        }
        return first;
    }

    private static List<double[]> run(Device device, Op op, Input... in) {
        try (Scope _ = device.scope()) {
            Tensor[] x = Arrays.stream(in).map(i -> device.tensor(i.shape(), i.values())).toArray(Tensor[]::new);
            return Arrays.stream(Ops.apply(op, x)).map(Tensor::doubles).toList();
        }
    }

    private static Matrix standard(Input[] in, int side, double scale) {
        return Matrix.standard(in[0].shape().dim(0), in[0].shape().dim(1), in[side].values(),
                in[2 + 2 * side].values(), in[3 + 2 * side].values(), scale);
    }

    /// What standardised columns lose.
    private static Matrix lost(Matrix x) {
        return x.map(v -> 6 * ULP * (Math.abs(v) + 1));
    }

    private static void matrix(Precision precision, Input[] in, double[] actual, double[] exact) {
        int n = in[0].shape().dim(0), d = in[0].shape().dim(1);
        Matrix x = standard(in, 0, 1.0 / n).transposed(), y = standard(in, 1, 1);
        double e = precision.roundoff(), steps = (n / 8.0 + Tiling.of(d, d, n, 1).parts() + 4) * ULP;
        Matrix sizes = x.abs().times(y.abs()), narrow = sizes.scale(2 * steps);
        x.rounded(precision).times(y.rounded(precision)).assertNear("c of rounded factors", actual, narrow);
        if (d > 16) assertThat(x.times(y).farthest(actual, narrow)).isGreaterThan(1);
        Matrix columns = lost(x.scale(n)).scale(1.0 / n).times(y.abs()).plus(x.abs().times(lost(y)));
        new Matrix(d, d, exact).assertNear("c", actual, sizes.scale(2 * e + e * e).plus(narrow).plus(columns));
    }

    private static void slopes(Precision precision, Input[] in, int side, double[] actual, double[] exact) {
        int n = in[0].shape().dim(0), d = in[0].shape().dim(1);
        double[] rstd = in[3 + 2 * side].values();
        Matrix x = standard(in, side, 1), y = standard(in, 1 - side, 1.0 / n), dc = new Matrix(d, d, in[6].values());
        Matrix by = side == 0 ? dc.transposed() : dc;
        double e = precision.roundoff(), steps = (d / 8.0 + Tiling.of(n, d, d, 1).parts() + 4) * ULP;
        Matrix sizes = y.abs().times(by.abs()), single = sizes.scale(2 * steps + 16 * ULP);
        Matrix narrow = single.throughNorm(x.abs(), rstd, 1);
        y.rounded(precision).times(by.rounded(precision)).throughNorm(x, rstd, -1)
                .assertNear("gradient of rounded factors, side " + side, actual, narrow);
        if (n > 8 && d > 8) {
            assertThat(y.times(by).throughNorm(x, rstd, -1).farthest(actual, narrow)).isGreaterThan(1);
        }
        Matrix columns = lost(y.scale(n)).scale(1.0 / n).times(by.abs());
        // x is in the way through the norm, too
        Matrix twice = lost(x).with(x, (s, v) -> s * (Math.abs(v) + 1)).with(sizes, (s, v) -> s * v);
        new Matrix(n, d, exact).assertNear("gradient of side " + side, actual, sizes.scale(2 * e + e * e).plus(single)
                .plus(columns).plus(twice.scale(4)).throughNorm(x.abs(), rstd, 1));
    }
}
