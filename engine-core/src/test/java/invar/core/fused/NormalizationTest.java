package invar.core.fused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;
import invar.core.testkit.FusedGradient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// [LayerNorm], [L2Normalize], [CosineSimilarity] and [CrossCorrelation]. Known values were computed apart, in float64,
/// for A_ij = sin(0.7i + 1.3j + 0.2) and B_ij = cos(0.5i − 0.9j + 0.4).
final class NormalizationTest {

    private final Device device = Device.open("reference");

    private Tensor sines(int rows, int columns) {
        double[] a = new double[rows * columns];
        for (int i = 0; i < a.length; i++) a[i] = Math.sin(0.7 * (i / columns) + 1.3 * (i % columns) + 0.2);
        return device.tensor(Shape.of(rows, columns), a);
    }

    private Tensor cosines(int rows, int columns) {
        double[] b = new double[rows * columns];
        for (int i = 0; i < b.length; i++) b[i] = Math.cos(0.5 * (i / columns) - 0.9 * (i % columns) + 0.4);
        return device.tensor(Shape.of(rows, columns), b);
    }

    private Tensor gaussian(long seed, int... extents) {
        return FusedGradient.gaussian(device, seed, Shape.of(extents));
    }

    private void refuses(Op op, String because, Shape... shapes) {
        Tensor[] in = new Tensor[shapes.length];
        for (int i = 0; i < in.length; i++) in[i] = device.zeros(shapes[i]);
        assertThatThrownBy(() -> Ops.run(op, in)).isInstanceOf(ShapeException.class).hasMessageContaining(because);
    }

    @Test
    void layerNormHasTheKnownValues() {
        Tensor gamma = device.tensor(Shape.of(3), 1, 2, -0.5), beta = device.tensor(Shape.of(3), 0, 1, 0.25);
        Tensor[] out = Ops.apply(new LayerNorm(1e-5), sines(2, 3), gamma, beta);
        assertThat(out[0].doubles()).containsExactly(new double[] {
            -0.8933688169237, 3.7921009307205, 0.5013408242183, 0.6836905070465, 2.4604868679707, 0.9569669705159
        }, within(1e-12));
        assertThat(out[1].doubles()).containsExactly(new double[] {0.5103841558517, 0.4136800285858}, within(1e-12));
        assertThat(out[2].doubles()).containsExactly(new double[] {2.8659811632682, 1.8495773726533}, within(1e-12));
    }

    @Test
    void layerNormOfEqualValuesIsItsShift() {
        Tensor[] out = Ops.apply(new LayerNorm(1e-5), device.full(Shape.of(2, 3), 7), gaussian(1, 3), gaussian(2, 3));
        assertThat(out[0].rows(0, 1).doubles()).isEqualTo(gaussian(2, 3).doubles());
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "5, 7", "3, 17"})
    void layerNormGradientIsThatOfTheComposition(int rows, int d) {
        LayerNorm op = new LayerNorm(1e-5);
        FusedGradient.check(op, 5, gaussian(1, rows, d), gaussian(2, d), gaussian(3, d));
        FusedGradient.check(op, 6, gaussian(1, 2, rows, d), gaussian(2, d), gaussian(3, d));
        FusedGradient.check(op, 7, gaussian(1, d), gaussian(2, d), gaussian(3, d));
    }

    @Test
    void layerNormRefusesAWeightOfAnotherLength() {
        refuses(new LayerNorm(1e-5), "input 1 must have shape (3)", Shape.of(2, 3), Shape.of(2), Shape.of(3));
    }

    @Test
    void unitRowsHaveLengthOneAndRowsUnderTheFloorAreLinear() {
        Tensor[] out = Ops.apply(new L2Normalize(1e-3), device.tensor(Shape.of(3, 2), 3, -4, 0, 0, 3e-4, 4e-4));
        assertThat(out[0].doubles()).containsExactly(new double[] {0.6, -0.8, 0, 0, 0.3, 0.4}, within(1e-12));
        assertThat(out[1].doubles()).containsExactly(new double[] {0.2, 1000, 1000}, within(1e-9));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 5", "7, 3"})
    void l2NormalizeGradientIsThatOfTheComposition(int rows, int d) {
        FusedGradient.check(new L2Normalize(1e-12), 5, gaussian(1, rows, d));
        FusedGradient.check(new L2Normalize(1e-12), 5, gaussian(2, 3, rows, d));
        FusedGradient.check(new L2Normalize(100), 5, gaussian(3, rows, d));           // every row under the floor
        FusedGradient.check(new L2Normalize(Math.sqrt(d)), 5, gaussian(4, rows, d));  // some rows under the floor
    }

    @Test
    void gradientOfAZeroRowIsDividedByTheFloor() {
        Tensor x = device.zeros(Shape.of(1, 3)), du = device.tensor(Shape.of(1, 3), 1, -2, 3);
        L2Normalize op = new L2Normalize(1e-12);
        double[] dx = op.vjp(new Tensor[] {x}, op.reference(x), new Tensor[] {du})[0].doubles();
        assertThat(dx).containsExactly(new double[] {1e12, -2e12, 3e12}, within(1.0));
    }

    @Test
    void rowsOfZerosHaveTheGradientOfTheComposition() {
        Tensor x = device.tensor(Shape.of(4, 3), 0, 0, 0, 1, 2, 3, 0, 0, 1e-14, 0, 0, 0), y = gaussian(1, 2, 3);
        FusedGradient.checkComposition(new L2Normalize(1e-12), 5, x);
        FusedGradient.checkComposition(new CosineSimilarity(1e-8), 5, x, y);
        FusedGradient.checkComposition(new CosineSimilarity(1e-8), 5, y, x);
        FusedGradient.checkComposition(new NtXent(0.5), 5, x);
    }

    @Test
    void cosinesHaveTheKnownValues() {
        Tensor s = Ops.run(new CosineSimilarity(1e-8), sines(2, 3), cosines(4, 3));
        assertThat(s.doubles()).containsExactly(new double[] {
            0.8114736429976, 0.9322796143076, 0.8859690879842, 0.6408446012715,
            0.9061630062710, 0.6862437376321, 0.3433113212251, -0.1191589826691
        }, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 5, 3", "7, 3, 9"})
    void cosineGradientIsThatOfTheComposition(int n, int m, int d) {
        FusedGradient.check(new CosineSimilarity(1e-8), 5, gaussian(1, n, d), gaussian(2, m, d));
        FusedGradient.check(new CosineSimilarity(Math.sqrt(d)), 5, gaussian(3, n, d), gaussian(4, m, d));
    }

    @Test
    void cosinesRefuseRowsOfDifferentLength() {
        refuses(new CosineSimilarity(1e-8), "the rows must be equally long", Shape.of(2, 3), Shape.of(2, 4));
    }

    @Test
    void crossCorrelationHasTheKnownValues() {
        Tensor c = Ops.run(new CrossCorrelation(1e-5), sines(4, 3), cosines(4, 3));
        assertThat(c.doubles()).containsExactly(new double[] {
            -0.6271112749561, -0.0451032495039, 0.8800856973468,
            0.9925980064558, 0.8699688539415, -0.8690126710040,
            0.9272761879732, 0.5267879563323, -0.9994392304784
        }, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"2, 3", "9, 5", "3, 7"})
    void crossCorrelationGradientIsThatOfTheComposition(int n, int d) {
        FusedGradient.check(new CrossCorrelation(1e-5), 5, gaussian(1, n, d), gaussian(2, n, d));
    }

    @Test
    void crossCorrelationOfAConstantColumnIsZero() {
        Tensor c = Ops.run(new CrossCorrelation(1e-5), device.full(Shape.of(3, 2), 4), gaussian(1, 3, 2));
        assertThat(c.doubles()).containsExactly(0, 0, 0, 0);
    }

    @Test
    void crossCorrelationRefusesABatchOfOne() {
        refuses(new CrossCorrelation(1e-5), "one row has no variance", Shape.of(1, 3), Shape.of(1, 3));
    }
}
