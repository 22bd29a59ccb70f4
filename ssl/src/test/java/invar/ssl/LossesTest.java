package invar.ssl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Properties that the losses have by their definition; their values are checked by the golden files.
class LossesTest {

    private static final Device DEVICE = Device.open("reference");

    /// Losses of two views, on their rows.
    private static final Map<String, BinaryOperator<Tensor>> OF_TWO_VIEWS = Map.of(
            "NT-Xent", (a, b) -> Losses.ntXent(a.concat(0, b), 0.5),
            "Barlow Twins", (a, b) -> Losses.barlowTwins(a, b, 0.005),
            "VICReg", (a, b) -> Losses.vicReg(a, b, 25, 25, 1, 1e-4),
            "BYOL", Losses::regression,
            "SimSiam", Losses::negativeCosine,
            "hypersphere", (a, b) -> Losses.hypersphere(a, b, 2, 2, 1),
            "alignment", (a, b) -> Losses.alignment(a, b, 3),
            "mean squared error", Losses::meanSquaredError);

    static Stream<Arguments> ofTwoViews() {
        return OF_TWO_VIEWS.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofTwoViews")
    void isSymmetricInTheViews(String name, BinaryOperator<Tensor> loss) {
        Tensor a = random(1, 7, 5), b = random(2, 7, 5);
        assertThat(loss.apply(a, b).item()).isCloseTo(loss.apply(b, a).item(), within(1e-12));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofTwoViews")
    void doesNotDependOnTheOrderOfTheSamples(String name, BinaryOperator<Tensor> loss) {
        Tensor a = random(1, 7, 5), b = random(2, 7, 5);
        Tensor order = DEVICE.integers(Shape.of(7), 3, 0, 6, 1, 5, 2, 4);
        assertThat(loss.apply(a.gather(order), b.gather(order)).item())
                .isCloseTo(loss.apply(a, b).item(), within(1e-10));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofTwoViews")
    void hasTheGradientOfItsValue(String name, BinaryOperator<Tensor> loss) {
        Function<Tensor[], Tensor> f = x -> loss.apply(x[0], x[1]);
        assertThat(GradCheck.worst(f, 3, 11, random(1, 5, 3), random(2, 5, 3))).isLessThan(1e-6);
    }

    static Stream<Arguments> ofOneBatch() {
        Tensor keys = Losses.normalize(random(3, 5, 4)), queue = Losses.normalize(random(4, 9, 4));
        Map<String, Function<Tensor, Tensor>> losses = Map.of(
                "InfoNCE", x -> Losses.infoNce(Losses.normalize(x), keys, queue, 0.2),
                "uniformity", x -> Losses.uniformity(x, 2),
                "distillation", x -> Losses.distillation(x, random(5, 5, 4), 0.5),
                "matching", x -> Losses.matching(x.slice(1, 0, 4).rows(0, 4)),
                "KoLeo", Losses::koLeo,
                "noise-contrastive", x -> Losses.noiseContrastive(x.exp(), 30),
                "across views", x -> Losses.acrossViews(List.of(x, x.scale(2)), List.of(random(7, 5, 4).softmax(1))),
                "proximal", x -> Losses.proximal(x, random(6, 5, 4), 3),
                "variance", x -> Losses.variance(x.scale(0.5), 1e-4),
                "covariance", Losses::covariance);
        return losses.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofOneBatch")
    void ofOneBatchHasTheGradientOfItsValue(String name, Function<Tensor, Tensor> loss) {
        assertThat(GradCheck.worst(x -> loss.apply(x[0]), 3, 12, random(1, 5, 4))).isLessThan(1e-6);
    }

    @Test
    void equalViewsHaveTheValuesOfTheFormulas() {
        Tensor z = random(1, 6, 4);
        assertThat(Losses.regression(z, z.scale(3)).item()).isCloseTo(0, within(1e-12));
        assertThat(Losses.regression(z, z.neg()).item()).isCloseTo(4, within(1e-12));
        assertThat(Losses.negativeCosine(z, z).item()).isCloseTo(-1, within(1e-12));
        assertThat(Losses.alignment(z, z, 2).item()).isZero();
        assertThat(Losses.meanSquaredError(z, z).item()).isZero();
        assertThat(Losses.proximal(z, z, 50).item()).isZero();
    }

    @Test
    void collapsedViewsHaveTheValuesOfTheFormulas() {
        Tensor z = DEVICE.full(Shape.of(5, 3), 0.7);
        assertThat(Losses.ntXent(z.concat(0, z), 0.1).item()).isCloseTo(Math.log(9), within(1e-12));
        assertThat(Losses.uniformity(Losses.normalize(z), 2).item()).isCloseTo(0, within(1e-12));
        assertThat(Losses.barlowTwins(z, z, 0.005).item()).isCloseTo(3, within(1e-9));     // c = 0: Σ (1 − 0)²
        assertThat(Losses.variance(z, 1e-4).item()).isCloseTo(0.99, within(1e-9));         // 1 − √ε
        assertThat(Losses.covariance(z).item()).isCloseTo(0, within(1e-12));
    }

    /// With fewer rows than features the sums over pairs of features become sums over pairs of rows.
    @Test
    void fewRowsHaveTheLossesOfTheMatrixOfFeatures() {
        Tensor a = random(1, 4, 9), b = random(2, 4, 9);
        double whole = Losses.redundancy(Losses.crossCorrelation(a, b, 1e-5), 0.3).item();
        assertThat(Losses.barlowTwins(a, b, 0.3).item()).isCloseTo(whole, within(1e-10));
        Tensor centred = a.sub(a.mean(0)), matrix = centred.tMatmul(centred).scale(1.0 / 3);           // (D, D)
        double covariance = matrix.fillDiagonal(0).square().sum().item() / 9;
        assertThat(Losses.covariance(a).item()).isCloseTo(covariance, within(1e-10));
        assertThat(GradCheck.worst(x -> Losses.barlowTwins(x[0], x[1], 0.3), 3, 11, a, b)).isLessThan(1e-6);
        assertThat(GradCheck.worst(x -> Losses.covariance(x[0]), 3, 11, a)).isLessThan(1e-6);
    }

    @Test
    void infoNceOfEqualLogitsIsTheLogarithmOfTheirNumber() {
        Tensor q = Losses.normalize(DEVICE.full(Shape.of(3, 2), 1));
        Tensor queue = DEVICE.full(Shape.of(8, 2), Math.sqrt(0.5));
        assertThat(Losses.infoNce(q, q, queue, 0.07).item()).isCloseTo(Math.log(9), within(1e-12));
    }

    @Test
    void infoNceIsTheCrossEntropyOfItsLogits() {
        Tensor q = random(1, 5, 3), k = random(2, 5, 3), queue = random(3, 8, 3);
        double composed = Losses.firstClass(Losses.infoNceLogits(q, k, queue, 0.2)).item();
        assertThat(Losses.infoNce(q, k, queue, 0.2).item()).isCloseTo(composed, within(1e-12));
    }

    @Test
    void crossEntropyLeavesOutIgnoredRows() {
        Tensor logits = random(1, 5, 3);
        Tensor all = DEVICE.integers(Shape.of(5), 2, Losses.IGNORED, 0, Losses.IGNORED, 1);
        Tensor kept = logits.gather(DEVICE.integers(Shape.of(3), 0, 2, 4));
        Tensor labels = DEVICE.integers(Shape.of(3), 2, 0, 1);
        assertThat(Losses.crossEntropy(logits, all, 0.1).item())
                .isCloseTo(Losses.crossEntropy(kept, labels, 0.1).item(), within(1e-12));
    }

    @Test
    void acrossViewsEveryViewPredictsEveryOtherTarget() {
        Tensor x = random(1, 3, 4), y = random(2, 3, 4), z = random(3, 3, 4);
        Tensor s = x.softmax(1), t = y.softmax(1);
        double expected = Losses.softCrossEntropy(y, s).item() + Losses.softCrossEntropy(z, s).item()
                + Losses.softCrossEntropy(x, t).item() + Losses.softCrossEntropy(z, t).item();
        assertThat(Losses.acrossViews(List.of(x, y, z), List.of(s, t)).item()).isCloseTo(expected / 4, within(1e-12));
    }

    @Test
    void koLeoOfAnEvenCircleIsTheLogarithmOfItsChord() {
        double[] square = {1, 0, 0, 1, -1, 0, 0, -1};
        double chord = Math.sqrt(2);
        assertThat(Losses.koLeo(DEVICE.tensor(Shape.of(4, 2), square).scale(7)).item())
                .isCloseTo(-Math.log(chord), within(1e-7));
    }

    @Test
    void distillationFromItselfIsTheEntropyAndHasNoGradient() {
        Tensor logits = random(1, 4, 6);
        try (Tape tape = Tape.watching(logits)) {
            Tensor loss = Losses.distillation(logits, logits, 2);
            Tensor p = logits.scale(0.5).softmax(1);
            assertThat(loss.item()).isCloseTo(p.mul(p.log()).sum().item() / -4, within(1e-12));
            assertThat(tape.gradients(loss).of(logits).abs().maximum().item()).isLessThan(1e-15);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 2, 3})
    void equalRowsDoNotPullOnEachOther(double alpha) {
        Tensor x = random(1, 4, 3), y = x.add(DEVICE.zeros(Shape.of(4, 3)));
        try (Tape tape = Tape.watching(x, y)) {
            Gradients gradients = tape.gradients(Losses.alignment(x, y, alpha));
            assertThat(gradients.of(x).doubles()).containsOnly(0);
        }
    }

    @Test
    void refusesWhatItIsNotDefinedFor() {
        Tensor one = random(1, 1, 3);
        assertThatThrownBy(() -> Losses.uniformity(one, 2)).hasMessageContaining("needs 2");
        assertThatThrownBy(() -> Losses.variance(one, 1e-4)).hasMessageContaining("at least 2 rows");
        assertThatThrownBy(() -> Losses.covariance(one)).hasMessageContaining("at least 2 rows");
        assertThatThrownBy(() -> Losses.barlowTwins(one, one, 1)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> Losses.distillation(one, one, 0)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> Losses.infoNce(one, one, one, -1)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> Losses.koLeo(one)).hasMessageContaining("at least 2 rows");
        assertThatThrownBy(() -> Losses.acrossViews(List.of(one), List.of(one))).hasMessageContaining("two views");
        assertThatThrownBy(() -> Losses.acrossViews(List.of(one, one), List.of())).hasMessageContaining("two views");
        assertThatThrownBy(() -> Losses.alignment(one, one, 0)).hasMessageContaining("alpha");
    }

    private static Tensor random(int stream, int rows, int columns) {
        Philox random = new Philox(5, stream);
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
        return DEVICE.tensor(Shape.of(rows, columns), values);
    }
}
