package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Scatter;
import invar.core.Op;
import invar.core.Ops;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.LarsUpdate.Form;
import invar.core.fused.SgdUpdate;
import invar.core.reference.ReferenceBackend;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Tensors so long that kernels cut their work, which those of the contract are not: parts of a sum, sorted indices,
/// pieces of a plane. Results agree with the reference, and are the same whatever order warps run in.
class LongAxesTest {

    private static final double ROUNDING = 0x1p-23;

    private Device device;

    @BeforeEach
    void open() {
        device = new Device("tested", Emulator.backend());
    }

    @AfterEach
    void close() {
        Emulator.seed(1);
        device.close();
    }

    /// @param allowed difference, in roundings of 1 + |y|
    private void check(Op op, double allowed, Input... in) {
        double[] expected = run(op, new Device("reference", new ReferenceBackend()), in), first = null;
        for (long seed : new long[] {1, 2}) {
            Emulator.seed(seed);
            double[] actual = run(op, device, in);
            if (first == null) first = actual;
            assertThat(Arrays.mismatch(actual, first)).as("element of %s that differs with seed %d", op, seed)
                    .isEqualTo(-1);
        }
        assertThat(first).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            double y = (float) expected[i], difference = Math.abs(first[i] - y);
            assertThat(first[i] == y || Double.isNaN(first[i]) && Double.isNaN(y)
                    || difference <= allowed * ROUNDING * (1 + Math.abs(y)))
                    .as("%s: element %d is %s but should be %s", op, i, first[i], y).isTrue();
        }
    }

    private static double[] run(Op op, Device device, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> x.integer() ? device.integers(x.shape(), integers(x))
                : device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        return Ops.run(op, tensors).doubles();
    }

    private static int[] integers(Input x) {
        return Arrays.stream(x.values()).mapToInt(value -> (int) value).toArray();
    }

    @Test
    void sumsAndMaximaAreCutIntoParts() {
        for (Shape shape : List.of(Shape.of(33_001), Shape.of(3, 16_400), Shape.of(2100, 5), Shape.of(2, 2049, 3),
                Shape.of(1025, 1), Shape.of(2, 1025), Shape.of(701, 3, 5), Shape.of(31, 3, 301))) {
            Input x = Input.gaussian(1, shape);
            for (int axis = 0; axis < shape.rank(); axis++) {
                check(new SumTo(shape.with(axis, 1)), 64, x);
                check(new MaxTo(shape.with(axis, 1)), 0, x);
            }
            check(new SumTo(Shape.of()), 256, x);
            check(new SumTo(Shape.of()), 4, x.map(Math::abs));
            check(new MaxTo(Shape.of()), 0, x);
            check(new MaxTo(Shape.of()), 0, x.withEvery((int) shape.elements() - 1, Double.NaN));
            check(new MaxTo(Shape.of()), 0, x.withEvery(1, Double.NEGATIVE_INFINITY));
        }
        Shape images = Shape.of(67, 3, 5, 61);
        check(new SumTo(Shape.of(1, 3, 1, 1)), 128, Input.gaussian(2, images));
    }

    @Test
    void softmaxesAreCutIntoParts() {
        for (Shape shape : List.of(Shape.of(16_500), Shape.of(2, 4099), Shape.of(2100, 5), Shape.of(300, 2),
                Shape.of(7, 257), Shape.of(3, 1024), Shape.of(2, 4100, 3))) {
            Input x = Input.gaussian(1, shape);
            for (int axis = 0; axis < shape.rank(); axis++) {
                for (Op op : List.of(new LogSumExp(axis), new Softmax(axis), new LogSoftmax(axis))) {
                    check(op, 8, x);
                    check(op, 64, x.scale(100));
                    check(op, 8, x.withEvery(3, Double.NEGATIVE_INFINITY).withEvery(6, 1));
                }
                check(new LogSumExp(axis), 0, x.withEvery(1, Double.NEGATIVE_INFINITY));
                check(new Softmax(axis), 0, x.withEvery(1, Double.NaN));
            }
        }
    }

    /// −ln (1 + r) with a tiny r is all there is of the result at the maximum. The sum is good to a rounding in f64.
    @Test
    void theLogarithmOfASoftmaxKeepsWhatOneLargeEntryLeaves() {
        for (int n : new int[] {3, 200, 900, 3000, 17_000}) {
            double[] x = new double[n];
            Arrays.fill(x, -25);
            x[n / 2] = 0;
            double expected = -Math.log1p((n - 1) * Math.exp(-25));
            double[] y = run(new LogSoftmax(0), device, Input.of(Shape.of(n), x));
            assertThat(y[n / 2]).as("n = %d", n).isCloseTo(expected, within(0x1p-53 - 8 * ROUNDING * expected));
        }
    }

    @Test
    void longIndicesAreSortedBeforeTheyAreScattered() {
        for (int rows : new int[] {1, 7, 1500, 5003}) {
            for (Shape x : List.of(Shape.of(5003), Shape.of(4099, 3), Shape.of(4500, 130))) {
                if (rows > 2000 && x.rank() > 1) continue;
                Input index = Input.integersBelow(rows, rows, Shape.of(x.dim(0)));
                check(new Scatter(rows), 1000, Input.gaussian(1, x), index);
            }
        }
    }

    /// Of more than 1024 indices each, what a block has room for.
    @Test
    void theSegmentsOfAVeryLongIndexAreReadInTurns() {
        int n = 270_001;
        check(new Scatter(3), 5000, Input.gaussian(1, Shape.of(n)), Input.integersBelow(3, 2, Shape.of(n)));
    }

    @Test
    void scatteredRowsAreAddedInOrder() {
        int n = 6000, rows = 1030;
        Input x = Input.gaussian(3, Shape.of(n, 2)), index = Input.integersBelow(rows, 4, Shape.of(n));
        int[] to = integers(index);
        float[] expected = new float[rows * 2];
        for (int i = 0; i < 2 * n; i++) expected[to[i / 2] * 2 + i % 2] += (float) x.values()[i];
        double[] actual = run(new Scatter(rows), device, x, index);
        for (int i = 0; i < expected.length; i++) assertThat(actual[i]).isEqualTo(expected[i]);
    }

    /// The emulated device has 4 multiprocessors of 32 blocks of 256 threads, and a thread takes 4 elements at once
    /// while there are as many for it. With the first length all do, with the second only some.
    @Test
    void updatesTakeSeveralElementsAtOnce() {
        int threads = 4 * 32 * 256;
        for (int n : new int[] {4 * threads + 5, 3 * threads + 1001}) {
            Shape shape = Shape.of(n);
            Input p = Input.gaussian(1, shape), v = Input.gaussian(2, shape), g = Input.gaussian(3, shape);
            Input positive = v.map(Math::abs), rate = Input.scalar(0.1), t = Input.scalar(3);
            checkUpdate(Assign.ACCUMULATE, p, g);
            checkUpdate(Assign.DESCEND, p, g, rate);
            checkUpdate(Assign.AVERAGE, p, g, Input.scalar(0.99));
            checkUpdate(new SgdUpdate(0.9, 1e-4, true), p, v, g, rate);
            checkUpdate(new LarsUpdate(Form.AUTHORS, 1e-3, 0.9, 1e-4, false, false, true), p, v, g, rate);
            checkUpdate(new AdamUpdate(0.9, 0.999, 1e-8, 0.05, true), p, v, positive, g, rate, t);
        }
    }

    /// Every input is compared, those that are not to be written, too.
    private void checkUpdate(Op.InPlace op, Input... in) {
        double[][] expected = update(op, new Device("reference", new ReferenceBackend()), in);
        double[][] actual = update(op, device, in);
        for (int k = 0; k < in.length; k++) {
            for (int i = 0; i < expected[k].length; i++) {
                double y = expected[k][i];
                if (Math.abs(actual[k][i] - y) > 8 * ROUNDING * (1 + Math.abs(y))) {
                    assertThat(actual[k][i]).as("%s: input %d, element %d", op, k, i).isEqualTo(y);
                }
            }
        }
    }

    private static double[][] update(Op.InPlace op, Device device, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        Ops.update(op, tensors);
        return Arrays.stream(tensors).map(Tensor::doubles).toArray(double[][]::new);
    }

    @Test
    void transposesTakeTilesOfEveryBatch() {
        Input x = Input.gaussian(1, Shape.of(2, 40, 3, 50));
        for (int[] axes : new int[][] {{0, 3, 2, 1}, {3, 2, 0, 1}, {2, 0, 3, 1}, {0, 2, 3, 1}, {3, 0, 1, 2}}) {
            check(Permute.of(axes), 0, x);
        }
        check(Permute.of(1, 0), 0, Input.gaussian(2, Shape.of(65, 97)));
        check(Permute.of(1, 0), 0, Input.gaussian(2, Shape.of(16, 16)));
    }

    @Test
    void planesAreCutIntoPiecesForTheGradientOfTheMaximum() {
        Shape windows = Shape.of(1, 3, 13, 17);
        for (int[] extents : new int[][] {{60, 71}, {32, 64}, {1, 2049}, {5, 3}}) {
            Input places = Input.integersBelow(extents[0] * extents[1], 2, windows);
            Input few = Input.integersBelow(3, 3, windows);
            check(new MaxPool2dGrad(extents[0], extents[1]), 16, Input.gaussian(1, windows), places);
            check(new MaxPool2dGrad(extents[0], extents[1]), 256, Input.gaussian(1, windows), few);
        }
    }
}
