package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.testkit.Input;
import invar.cuda.Tiling.Tile;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Barlow Twins on tensor cores, with every tile, which sizes as small as these do not reach by themselves. Two
/// questions, each with a bound that follows from e = [Precision#roundoff], ε = 2⁻²³ and the number of roundings:
///
/// Against the reference. Sums of n products lose 2 e + e² of the sum of their sizes, and w ε, w = n/8 + parts + 4,
/// where they are cut off. Standardised columns lose 6 ε (|x| + 1).
///
/// Against the formula in f64 of the very factors that were rounded: 2 w ε alone, which is some hundred times as
/// narrow. Factors that are not rounded do not fit into so little, which shows that they were.
class BarlowPrecisionTest {

    private static final double ULP = 0x1p-23, LAMBDA = 0.3, G = 1.5;
    private static final BarlowTwins OP = new BarlowTwins(LAMBDA, 1e-5);
    private static final BarlowTwinsGrad GRAD = new BarlowTwinsGrad(LAMBDA);

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        int[][] shapes = {{2, 3}, {3, 5}, {9, 17}, {33, 31}, {65, 129}, {7, 300}, {131, 90}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(shapes).map(shape ->
                DynamicTest.dynamicTest(precision + " " + Arrays.toString(shape), () -> {
                    try (Device device = new Device("tested", Emulator.backend(precision))) {
                        check(device, shape[0], shape[1]);
                    }
                })));
    }

    private static void check(Device device, int n, int d) {
        Input a = Input.gaussian(1, Shape.of(n, d)), b = Input.gaussian(2, Shape.of(n, d));
        List<double[]> kept = run(device, OP, null, a, b);
        assertThat(Tiling.ofHalf(n, d, 2)).isEqualTo(new Tiling(Tile.MEDIUM, Math.max(1, d / 256)));
        new Forward(device.precision(), a, b, kept, 1).check(kept);
        for (Tile tile : List.of(Tile.MEDIUM, Tile.LARGE)) {
            for (int parts = 1; parts < 4; parts += 2) {
                List<double[]> again = run(device, OP, new Tiling(tile, parts), a, b);
                new Forward(device.precision(), a, b, again, parts).check(again);
            }
        }
        Input[] in = {a, b, null, null, null, null, null, null, null, Input.scalar(G)};
        Shape[] shapes = OP.infer(a.shape(), b.shape());
        for (int i = 1; i < 8; i++) in[i + 1] = Input.of(shapes[i], kept.get(i));
        for (Tile tile : Tile.values()) {
            List<double[]> slopes = run(device, GRAD, new Tiling(tile, 1), in);
            for (int side = 0; side < 2; side++) new Backward(device.precision(), in, side).check(slopes, tile);
        }
        List<double[]> chosen = run(device, GRAD, null, in), small = run(device, GRAD, new Tiling(Tile.SMALL, 1), in);
        for (int i = 0; i < 2; i++) assertThat(chosen.get(i)).containsExactly(small.get(i));
    }

    /// With this tiling, or, if it is null, with that of the backend.
    private static List<double[]> run(Device device, Op op, Tiling tiling, Input... in) {
        try (Scope _ = device.scope()) {
            Tensor[] x = Arrays.stream(in).map(i -> device.tensor(i.shape(), i.values())).toArray(Tensor[]::new);
            if (tiling == null) return Arrays.stream(Ops.apply(op, x)).map(Tensor::doubles).toList();
            Gpu gpu = ((CudaBackend) device.backend()).gpu();
            Tensor[] out = Arrays.stream(op.infer(Arrays.stream(x).map(Tensor::shape).toArray(Shape[]::new)))
                    .map(shape -> device.full(shape, Double.NaN)).toArray(Tensor[]::new);
            gpu.memory().reuseScratch();
            if (op instanceof BarlowTwins forward) BarlowTwinses.execute(forward, x, out, gpu, tiling);
            else BarlowTwinses.execute((BarlowTwinsGrad) op, x, out, gpu, tiling);
            return Arrays.stream(out).map(Tensor::doubles).toList();
        }
    }

    private static List<double[]> reference(Op op, Input... in) {
        Device reference = new Device("reference", new ReferenceBackend());
        Tensor[] x = Arrays.stream(in).map(i -> reference.tensor(i.shape(), i.values())).toArray(Tensor[]::new);
        return Arrays.stream(Ops.apply(op, x)).map(Tensor::doubles).toList();
    }

    /// What standardised columns lose.
    private static Matrix lost(Matrix x) {
        return x.map(v -> 6 * ULP * (Math.abs(v) + 1));
    }

    /// Sides that are standardised, and what Gram matrices lose.
    private record Forward(Precision precision, Input a, Input b, Matrix x, Matrix y, double steps) {

        Forward(Precision precision, Input a, Input b, List<double[]> kept, int parts) {
            int n = a.shape().dim(0), d = a.shape().dim(1);
            this(precision, a, b, Matrix.standard(n, d, a.values(), kept.get(1), kept.get(2), 1),
                    Matrix.standard(n, d, b.values(), kept.get(3), kept.get(4), 1), (d / 8.0 + parts + 4) * ULP);
        }

        void check(List<double[]> kept) {
            List<double[]> exact = reference(OP, a, b);
            Matrix lostG = gram(x, kept.get(6), exact.get(6)), lostH = gram(y, kept.get(7), exact.get(7));
            int n = x.rows();
            Matrix g = new Matrix(n, n, kept.get(6)), h = new Matrix(n, n, kept.get(7));
            double[] c = x.with(y, (u, v) -> u * v).means(), size = x.with(y, (u, v) -> Math.abs(u * v)).means();
            double loss = LAMBDA / n / n * g.dot(h), ofC = 0;
            for (int i = 0; i < c.length; i++) {
                double allowed = 6 * ULP * (size[i] + Math.abs(c[i]));
                assertThat(Math.abs(kept.get(5)[i] - c[i])).as("c %d", i).isLessThanOrEqualTo(allowed);
                loss += (1 - c[i]) * (1 - c[i]) - LAMBDA * c[i] * c[i];
                ofC += 2 * (Math.abs(1 - c[i]) + LAMBDA * Math.abs(c[i])) * (allowed + 6 * ULP * (size[i] + 1));
            }
            double actual = kept.getFirst()[0], whole = Math.abs(loss) + LAMBDA / n / n * g.dot(h);
            assertThat(Math.abs(actual - loss)).as("L of these Gram matrices").isLessThanOrEqualTo(ofC + ULP * whole);
            double ofGrams = LAMBDA / n / n
                    * (lostG.dot(h.abs()) + g.abs().dot(lostH) + lostG.dot(lostH));
            assertThat(Math.abs(actual - exact.getFirst()[0])).as("L").isLessThanOrEqualTo(ofGrams + ofC + ULP * whole);
        }

        /// Returns what it may have lost.
        private Matrix gram(Matrix of, double[] actual, double[] exact) {
            double e = precision.roundoff();
            Matrix whole = of.times(of.transposed()), sizes = of.abs().times(of.abs().transposed());
            Matrix columns = lost(of).times(of.abs().transposed());
            Matrix lost = sizes.scale(2 * e + e * e + steps).plus(columns).plus(columns.transposed());
            new Matrix(of.rows(), of.rows(), exact).assertNear("Gram matrix", actual, lost);
            Matrix r = of.rounded(precision);
            r.times(r.transposed()).assertNear("Gram matrix of rounded factors", actual, sizes.scale(2 * steps));
            if (of.columns() > 16) assertThat(whole.farthest(actual, sizes.scale(2 * steps))).isGreaterThan(1);
            return lost;
        }
    }

    /// The gradient of one side.
    private record Backward(Precision precision, Input[] in, int side) {

        void check(List<double[]> slopes, Tile tile) {
            int n = in[0].shape().dim(0), d = in[0].shape().dim(1), own = 2 + 2 * side, other = 4 - 2 * side;
            double[] rstd = in[own + 1].values();
            Matrix x = Matrix.standard(n, d, in[side].values(), in[own].values(), rstd, 1);
            Matrix y = Matrix.standard(n, d, in[1 - side].values(), in[other].values(), in[other + 1].values(), 1);
            Matrix gram = new Matrix(n, n, in[8 - side].values());
            double e = precision.roundoff(), steps = (n / 8.0 + 5) * ULP, apart = G * 2 * LAMBDA / n / n;
            double[] bySide = Arrays.stream(in[6].values()).map(c -> G * 2 / n * ((1 - LAMBDA) * c - 1)).toArray();
            double[] most = Arrays.stream(in[6].values()).map(c -> G * 2 / n * (Math.abs((1 - LAMBDA) * c) + 1))
                    .toArray();

            Matrix onDiagonal = y.scaleColumns(bySide), ofDiagonal = y.abs().scaleColumns(most);
            Matrix sizes = gram.abs().times(x.abs()).scale(apart), all = sizes.plus(ofDiagonal);
            Matrix cut = sizes.scale(2 * steps).plus(all.scale(16 * ULP));
            Matrix narrow = cut.throughNorm(x.abs(), rstd, 1);
            double[] actual = slopes.get(side);
            gram.rounded(precision).times(x.rounded(precision)).scale(apart).plus(onDiagonal).throughNorm(x, rstd, -1)
                    .assertNear("gradient of rounded factors, " + tile, actual, narrow);
            Matrix single = gram.times(x).scale(apart).plus(onDiagonal).throughNorm(x, rstd, -1);
            if (n > 8) assertThat(single.farthest(actual, narrow)).isGreaterThan(1);
            Matrix columns = gram.abs().times(lost(x)).scale(apart).plus(lost(y).scaleColumns(most));
            // x is in the way through the norm, too
            Matrix twice = lost(x).with(x, (s, v) -> s * (Math.abs(v) + 1)).with(all, (s, v) -> s * v);
            Matrix wide = sizes.scale(2 * e + e * e).plus(cut).plus(columns).plus(twice.scale(4));
            new Matrix(n, d, reference(GRAD, in).get(side)).assertNear("gradient", actual,
                    wide.throughNorm(x.abs(), rstd, 1));
        }
    }

    @TestFactory
    Stream<DynamicTest> bitsDoNotDependOnTheOrderOfWarps() {
        return Stream.of(Precision.TF32, Precision.BF16).map(p -> DynamicTest.dynamicTest(p.toString(), () -> {
            Input a = Input.gaussian(1, Shape.of(70, 140)), b = Input.gaussian(2, Shape.of(70, 140));
            try (Device device = new Device("tested", Emulator.backend(p))) {
                for (Tile tile : List.of(Tile.MEDIUM, Tile.LARGE)) {
                    List<double[]> first = null;
                    for (long seed : new long[] {1, 1, 2, 0}) {
                        Emulator.seed(seed);
                        List<double[]> all = both(device, a, b, tile);
                        for (int i = 0; first != null && i < all.size(); i++) {
                            assertThat(Arrays.mismatch(all.get(i), first.get(i))).as("element of result %d that differs"
                                    + " with seed %d", i, seed).isEqualTo(-1);
                        }
                        first = all;
                    }
                }
            }
        }));
    }

    private static List<double[]> both(Device device, Input a, Input b, Tile tile) {
        List<double[]> kept = run(device, OP, new Tiling(tile, 2), a, b);
        Shape[] shapes = OP.infer(a.shape(), b.shape());
        Input[] in = {a, b, null, null, null, null, null, null, null, Input.scalar(G)};
        for (int i = 1; i < 8; i++) in[i + 1] = Input.of(shapes[i], kept.get(i));
        return Stream.concat(kept.stream(), run(device, GRAD, new Tiling(tile, 1), in).stream()).toList();
    }
}
