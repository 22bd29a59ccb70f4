package invar.core.fused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.testkit.FusedGradient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SoftmaxCrossEntropyTest {

    private final Device device = Device.open("reference");

    private Tensor labels(int... labels) {
        return device.integers(Shape.of(labels.length), labels);
    }

    private Tensor logits(double... values) {
        return device.tensor(Shape.of(1, values.length), values);
    }

    /// x_ij = 3 sin(0.7i + 1.3j + 0.2), 5 × 4; values computed apart, in float64.
    @Test
    void hasTheKnownValues() {
        double[] x = new double[20];
        for (int i = 0; i < x.length; i++) x[i] = 3 * Math.sin(0.7 * (i / 4) + 1.3 * (i % 4) + 0.2);
        Tensor logits = device.tensor(Shape.of(5, 4), x), labels = labels(0, 3, -100, 2, 1);
        Tensor weight = device.tensor(Shape.of(4), 1, 2, 0.5, 3);
        assertThat(loss(0, -100, logits, labels)).isCloseTo(4.6851373432666, within(1e-12));
        assertThat(loss(0.1, -100, logits, labels)).isCloseTo(4.494787791497785, within(1e-12));
        assertThat(loss(0, -100, logits, labels, weight)).isCloseTo(5.080167188654953, within(1e-12));
        assertThat(loss(0.1, -100, logits, labels, weight)).isCloseTo(4.861631818109095, within(1e-12));
        assertThat(loss(0.1, 1, logits, labels(0, 3, 1, 2, 1), weight)).isCloseTo(5.044837919090431, within(1e-12));
    }

    private static double loss(double smoothing, int ignored, Tensor... in) {
        return Ops.run(new SoftmaxCrossEntropy(smoothing, ignored), in).item();
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 0", "5, 7, 0", "5, 7, 0.1", "9, 3, 1"})
    void handDerivedGradientIsThatOfTheComposition(int n, int k, double smoothing) {
        int[] label = new int[n];
        for (int i = 1; i < n; i++) label[i] = i % 4 == 3 ? -1 : i * 5 % k;
        Tensor x = FusedGradient.gaussian(device, n, Shape.of(n, k));
        Tensor weight = FusedGradient.gaussian(device, k, Shape.of(k)).square().plus(0.1);
        FusedGradient.check(new SoftmaxCrossEntropy(smoothing, -1), 5, x, labels(label));
        SoftmaxCrossEntropy weighted = new SoftmaxCrossEntropy(smoothing, -1);
        try (Tape tape = Tape.watching(x)) {
            double[] composed = tape.gradients(weighted.reference(x, labels(label), weight)[0]).of(x).doubles();
            Tensor[] in = {x, labels(label), weight};
            Tensor[] byHand = weighted.vjp(in, weighted.reference(in), new Tensor[] {device.scalar(1)});
            assertThat(byHand[0].doubles()).containsExactly(composed, within(1e-13));
            assertThat(byHand[2]).as("the weights have no gradient").isNull();
        }
    }

    @Test
    void largeLogitsNeitherOverflowNorLoseTheirDigits() {
        Tensor x = logits(1000, 1000 - 1e-3, -1000);
        double p = 1 / (1 + Math.exp(-1e-3));
        SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(0, -100);
        Tensor[] in = {x, labels(0)}, out = op.reference(in);
        assertThat(out[0].item()).isCloseTo(-Math.log(p), within(1e-12));
        double[] dx = op.vjp(in, out, new Tensor[] {device.scalar(1)})[0].doubles();
        assertThat(dx).containsExactly(new double[] {p - 1, 1 - p, 0}, within(1e-12));
    }

    @Test
    void logitsOfMinusInfinityHaveProbabilityZero() {
        Tensor x = logits(2, Double.NEGATIVE_INFINITY, 2);
        SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(0, -100);
        Tensor[] in = {x, labels(2)}, out = op.reference(in);
        assertThat(out[0].item()).isCloseTo(Math.log(2), within(1e-12));
        double[] dx = op.vjp(in, out, new Tensor[] {device.scalar(1)})[0].doubles();
        assertThat(dx).containsExactly(new double[] {0.5, 0, -0.5}, within(1e-12));
        try (Tape tape = Tape.watching(x)) {
            double[] composed = tape.gradients(op.reference(in)[0]).of(x).doubles();
            assertThat(composed).containsExactly(new double[] {0.5, 0, -0.5}, within(1e-12));
        }
    }

    @Test
    void isNotANumberWhereEveryRowIsLeftOut() {
        assertThat(loss(0, -100, logits(1, 2), labels(-100))).isNaN();
    }

    @Test
    void refusesALabelThatIsNoClass() {
        assertThatThrownBy(() -> loss(0, -100, logits(1, 2), labels(2))).hasMessage("label 2 of row 0 is none of the 2 "
                + "classes, which count from 0, nor -100, the label of rows to leave out");
    }

    @Test
    void refusesLabelsOfAnotherNumberOfRows() {
        assertThatThrownBy(() -> loss(0, -100, logits(1, 2), labels(0, 1)))
                .isInstanceOf(ShapeException.class)
                .hasMessageContaining("input 1 must have shape (1)");
    }

    @Test
    void refusesASmoothingAboveOne() {
        assertThatThrownBy(() -> new SoftmaxCrossEntropy(1.5, -100))
                .hasMessage("label smoothing must be in 0 … 1 but is 1.5");
    }
}
