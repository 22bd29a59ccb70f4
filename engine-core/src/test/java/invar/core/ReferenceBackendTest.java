package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.MovementOp.Embed;
import invar.core.PointwiseOp.Unary;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The control of all controls, against values that were worked out by hand or are in tables.
final class ReferenceBackendTest {

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private final Device device = Device.open("reference");

    private Tensor row(double... values) {
        return device.tensor(Shape.of(values.length), values);
    }

    private Tensor matrix(int rows, double... values) {
        return device.tensor(Shape.of(rows, values.length / rows), values);
    }

    private Tensor image(int height, double... values) {
        return device.tensor(Shape.of(1, 1, height, values.length / height), values);
    }

    private static void holds(Tensor x, double... expected) {
        assertThat(x.doubles()).containsExactly(expected, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({
        "NEG, 2, -2", "EXP, 1, 2.718281828459045", "LOG, 10, 2.302585092994046", "LOG, 0, -Infinity",
        "SQRT, 2, 1.4142135623730951", "SQRT, -1, NaN", "SQUARE, -3, 9", "RECIPROCAL, -4, -0.25",
        "RECIPROCAL, 0, Infinity", "ABS, -7, 7", "SIGN, -3, -1", "SIGN, 0, 0", "RELU, -1, 0", "RELU, 3, 3",
        "RELU, NaN, NaN", "STEP, 0, 0", "STEP, 0.1, 1", "GELU, 1, 0.8413447460685429", "GELU, -2, -0.0455002638963584",
        "GELU, 0, 0", "GELU_SLOPE, 0, 0.5", "GELU_SLOPE, 1, 1.0833154705876864", "SIGMOID, 0, 0.5",
        "SIGMOID, 2, 0.8807970779778823", "SIGMOID, -1000, 0", "TANH, 0.5, 0.46211715726000973"
    })
    void computesFunctions(Unary f, double x, double y) {
        assertThat(Ops.run(f, row(x)).item()).isCloseTo(y, within(1e-14));
    }

    @Test
    void computesWithTwoTensors() {
        Tensor x = matrix(2, 1, 2, 3, 4, 5, 6), y = row(1, 2, 4);
        holds(x.add(y), 2, 4, 7, 5, 7, 10);
        holds(x.sub(y), 0, 0, -1, 3, 3, 2);
        holds(x.mul(y), 1, 4, 12, 4, 10, 24);
        holds(x.div(y), 1, 1, 0.75, 4, 2.5, 1.5);
        holds(x.max(y), 1, 2, 4, 4, 5, 6);
        holds(x.equal(y), 1, 1, 0, 0, 0, 0);
        holds(x.less(y), 0, 0, 1, 0, 0, 0);
        holds(y.sub(x), 0, 0, 1, -3, -3, -2);
        holds(x.affine(2, -1), 1, 3, 5, 7, 9, 11);
        holds(x.clampMin(3.5), 3.5, 3.5, 3.5, 4, 5, 6);
    }

    @Test
    void reduces() {
        Tensor x = matrix(2, 1, 2, 3, 4, 5, 6);
        holds(x.sum(), 21);
        holds(x.sum(0), 5, 7, 9);
        holds(x.sum(1), 6, 15);
        holds(x.mean(-1), 2, 5);
        holds(x.maximum(0), 4, 5, 6);
        holds(row(1, 2).broadcastTo(Shape.of(2, 2)), 1, 2, 1, 2);
        assertThat(x.sum(0).shape()).isEqualTo(Shape.of(1, 3));
        assertThat(x.sum().shape()).isEqualTo(Shape.of());
    }

    @Test
    void normalisesExponentials() {
        double ln2 = Math.log(2), ln3 = Math.log(3);
        Tensor x = matrix(2, 0, ln2, 0, 1000, 1000, -INFINITY);
        holds(x.logSumExp(1), Math.log(4), 1000 + ln2);
        holds(x.softmax(1), 0.25, 0.5, 0.25, 0.5, 0.5, 0);
        assertThat(x.logSoftmax(1).doubles())
                .containsExactly(new double[] {-2 * ln2, -ln2, -2 * ln2, -ln2, -ln2, -INFINITY}, within(1e-12));
        holds(matrix(2, 0, ln3, 0, 0).softmax(0), 0.5, 0.75, 0.5, 0.25);
        assertThat(row(-INFINITY, -INFINITY).logSumExp(0).item()).isEqualTo(-INFINITY);
    }

    @Test
    void multipliesMatrices() {
        Tensor a = matrix(2, 1, 2, 3, 4, 5, 6), b = matrix(3, 1, 0, 0, 1, 2, -1);
        double[] product = {7, -1, 16, -1};
        holds(a.matmul(b), product);
        holds(Ops.run(new MatMul(true, false), a.permute(1, 0), b), product);
        holds(Ops.run(new MatMul(false, true), a, b.permute(1, 0)), product);
        holds(Ops.run(new MatMul(true, true), a.permute(1, 0), b.permute(1, 0)), product);
        Tensor rows = device.tensor(Shape.of(2, 1, 2), 1, 2, 3, 4);
        Tensor columns = device.tensor(Shape.of(2, 2, 1), 5, 6, 7, 8);
        holds(rows.matmul(columns), 17, 53);
    }

    @Test
    void convolves() {
        Tensor x = image(3, 1, 2, 3, 4, 5, 6, 7, 8, 9), w = image(2, 1, 0, 0, -1);
        holds(x.conv2d(w, Conv2d.of(1, 0)), -4, -4, -4, -4);                                // x[i, j] − x[i+1, j+1]
        holds(x.conv2d(w, Conv2d.of(2, 1)), -1, -3, -7, -4);
        holds(x.conv2d(w, new Conv2d(1, 1, 0, 0, 2, 2, 1)), -8);                            // x[0, 0] − x[2, 2]
        Tensor dy = image(2, 1, 10, 100, 1000);
        holds(Ops.run(new Conv2dInputGrad(Conv2d.of(1, 0), 3, 3), dy, w), 1, 10, 0, 100, 999, -10, 0, -100, -1000);
        holds(Ops.run(new Conv2dWeightGrad(Conv2d.of(1, 0), 2, 2), x, dy), 5421, 6532, 8754, 9865);
    }

    @Test
    void convolvesInGroups() {
        Tensor x = device.tensor(Shape.of(1, 2, 1, 2), 1, 2, 3, 4);
        Tensor w = device.tensor(Shape.of(4, 1, 1, 1), 1, 10, 100, 1000);
        Tensor y = x.conv2d(w, new Conv2d(1, 1, 0, 0, 1, 1, 2));
        holds(y, 1, 2, 10, 20, 300, 400, 3000, 4000);
    }

    @Test
    void pools() {
        Tensor x = image(3, 1, 9, 9, 4, 5, 6, 7, 8, 9);
        Tensor[] maxima = Ops.apply(new MaxPool2d(2, 1, 0), x);
        holds(maxima[0], 9, 9, 8, 9);
        assertThat(maxima[1].integers()).as("the first maximum").containsExactly(1, 1, 7, 8);
        Tensor dy = image(2, 1, 10, 100, 1000);
        holds(Ops.run(new MaxPool2dGrad(3, 3), dy, maxima[1]), 0, 11, 0, 0, 0, 0, 0, 100, 1000);
        holds(image(1, -5, -6).maxPool2d(2, 2, 1), -5, -6);                                 // padding is −∞, not 0
        holds(x.avgPool2d(2, 1, 0), 4.75, 7.25, 6, 7);
        holds(x.avgPool2d(3, 2, 1), 19.0 / 9, 29.0 / 9, 24.0 / 9, 28.0 / 9);                // zeros outside count
        holds(Ops.run(new AvgPool2dGrad(new AvgPool2d(2, 1, 0), 3, 3), dy),
                0.25, 2.75, 2.5, 25.25, 277.75, 252.5, 25, 275, 250);
    }

    @Test
    void moves() {
        Tensor x = matrix(2, 1, 2, 3, 4, 5, 6);
        holds(x.permute(1, 0), 1, 4, 2, 5, 3, 6);
        holds(x.reshape(3, -1), 1, 2, 3, 4, 5, 6);
        holds(x.slice(1, 1, 3), 2, 3, 5, 6);
        holds(x.rows(1, 2), 4, 5, 6);
        holds(x.concat(1, matrix(2, 7, 8)), 1, 2, 3, 7, 4, 5, 6, 8);
        holds(x.concat(0, matrix(1, 7, 8, 9)), 1, 2, 3, 4, 5, 6, 7, 8, 9);
        holds(Ops.run(new Embed(1, 1, 5), x), 0, 1, 2, 3, 0, 0, 4, 5, 6, 0);
        holds(x.fillDiagonal(0), 0, 2, 3, 4, 0, 6);
        Tensor index = device.integers(Shape.of(3), 1, 0, 1);
        holds(x.gather(index), 4, 5, 6, 1, 2, 3, 4, 5, 6);
        holds(matrix(3, 1, 2, 4).scatter(index, 3), 2, 5, 0);
        holds(device.integers(Shape.of(3), 1, -1, 2).oneHot(2), 0, 1, 0, 0, 0, 0);
    }

    @Test
    void updatesInPlace() {
        Tensor y = row(1, 2), x = row(10, 20);
        Ops.update(Assign.ACCUMULATE, y, x);
        holds(y, 11, 22);
        Ops.update(Assign.DESCEND, y, x, device.scalar(0.5));
        holds(y, 6, 12);
        Ops.update(Assign.AVERAGE, y, x, device.scalar(0.75));
        holds(y, 7, 14);
        Ops.update(Assign.COPY, y, x);
        holds(y, 10, 20);
        Tensor labels = device.integers(Shape.of(2), 1, 2);
        Ops.update(Assign.ACCUMULATE, labels, device.integers(Shape.of(2), 5, 6));
        assertThat(labels.integers()).containsExactly(6, 8);
    }

    @Test
    void drawsRandomNumbersFromPhilox() {
        Tensor y = device.zeros(Shape.of(2, 3));
        Ops.update(new Random(Distribution.UNIFORM, 1, 2), y);
        Philox words = new Philox(1, 2);
        for (double value : y.doubles()) assertThat(value).isEqualTo(words.nextFloat());
        Ops.update(new Random(Distribution.NORMAL, 1, 2), y);
        Philox pairs = new Philox(1, 2);
        for (double value : y.doubles()) assertThat(value).isEqualTo(pairs.nextGaussian());
    }

    @Test
    void takesStepsOfGradientDescent() {
        Tensor p = row(1), v = row(2), g = row(0.5), lr = device.scalar(0.1);
        Ops.update(new SgdUpdate(0.9, 0.2, false), p, v, g, lr);        // g = 0.7, v = 1.8 + 0.7
        holds(v, 2.5);
        holds(p, 0.75);
        Ops.update(new SgdUpdate(0.9, 0, true), p, v, g, lr);           // v = 2.25 + 0.5; step 0.5 + 0.9 · 2.75
        holds(v, 2.75);
        holds(p, 0.75 - 0.2975);
    }

    /// Whatever the gradient's size, Adam's first step is the learning rate.
    @Test
    void takesStepsOfAdam() {
        Tensor p = row(1, 1), m = row(0, 0), v = row(0, 0), g = row(0.5, -50), lr = device.scalar(0.1);
        Ops.update(new AdamUpdate(0.9, 0.999, 1e-15, 0, false), p, m, v, g, lr, device.scalar(1));
        holds(p, 0.9, 1.1);
        holds(m, 0.05, -5);
        holds(v, 2.5e-4, 2.5);
        Ops.update(new AdamUpdate(0.9, 0.999, 1e-15, 0.5, true), p, m, v, row(0, 0), lr, device.scalar(1e9));
        holds(p, 0.9 * 0.95 - 0.1 * 0.045 / Math.sqrt(0.24975e-3), 1.1 * 0.95 + 0.1 * 4.5 / Math.sqrt(2.4975));
    }

    /// |p| = 5, |g| = 10: without decay the trust ratio is η/2.
    @ParameterizedTest
    @CsvSource({"AUTHORS, 0.006, 2.9994", "SIMCLR, 0.0006, 2.9994", "LIGHTLY, 0.006, 2.9994"})
    void takesStepsOfLars(LarsUpdate.Form form, double velocity, double parameter) {
        Tensor p = row(3, 4), v = row(0, 0), g = row(6, 8);
        Ops.update(new LarsUpdate(form, 2e-3, 0.9, 0, false, false, true), p, v, g, device.scalar(0.1));
        assertThat(v.doubles()[0]).isCloseTo(velocity, within(1e-10));
        assertThat(p.doubles()[0]).isCloseTo(parameter, within(1e-10));
    }
}
