package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.ssl.Losses;
import invar.ssl.part.MemoryBank;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The experiments of docs/questions/memory-bank.md that take no training.
class MemoryBankQuestionsTest {

    private static final Device DEVICE = Device.open("reference");

    /// In a bank of an image, another of its class, and one of another class, at angles of 20°, 25° and 120° from v.
    /// The loss does not know classes: ∂L/∂sⱼ = Pⱼ > 0 for both of the others, and most for the one that is like v.
    @Test
    void theLossPushesTwoImagesOfOneClassApartAndHarderThanOthers() {
        Tensor v = DEVICE.tensor(Shape.of(1, 2), 1, 0);
        MemoryBank bank = new MemoryBank(DEVICE.tensor(Shape.of(3, 2), at(20, 25, 120)));
        Tensor s = bank.logits(v, 0.1);
        double[] slope;
        try (Tape tape = Tape.watching(s)) {
            slope = tape.gradients(Losses.crossEntropy(s, DEVICE.integers(Shape.of(1), 0))).of(s).doubles();
        }
        double[] p = s.softmax(1).doubles();
        assertThat(slope).containsExactly(new double[] {p[0] - 1, p[1], p[2]}, within(1e-15));
        assertThat(slope[1]).isBetween(0.3, 0.5);
        assertThat(slope[2]).isBetween(0.0, 1e-6);
    }

    /// The nearer the other image of the class, the larger the loss.
    @Test
    void theLossGrowsAsAnotherImageOfTheClassComesNear() {
        Tensor v = DEVICE.tensor(Shape.of(1, 2), 1, 0), own = DEVICE.integers(Shape.of(1), 0);
        double last = 0;
        for (double degrees : new double[] {180, 90, 45, 20, 5, 0}) {
            MemoryBank bank = new MemoryBank(DEVICE.tensor(Shape.of(2, 2), at(20, degrees)));
            double loss = Losses.crossEntropy(bank.logits(v, 0.1), own).item();
            assertThat(loss).isGreaterThan(last);
            last = loss;
        }
    }

    /// Rows at these angles from (1, 0), one after the other.
    private static double[] at(double... degrees) {
        return Arrays.stream(degrees).map(Math::toRadians)
                .flatMap(angle -> DoubleStream.of(Math.cos(angle), Math.sin(angle))).toArray();
    }

    private static final int ITEMS = 3;
    /// An image is the first, second, third with a probability of 3/6, 2/6, 1/6.
    private static final int[] DATA = {0, 0, 0, 1, 1, 2};
    private static final double[] TRUTH = {3 / 6.0, 2 / 6.0, 1 / 6.0};

    /// The slope of J_NCE in p (3), for data as above and m noise samples, of which each image is exactly a third: the
    /// expectation itself, not a sample of it.
    private static double[] slope(double[] p, int m) {
        int[] index = new int[DATA.length * (1 + m)];
        for (int i = 0; i < DATA.length; i++) {
            index[i * (1 + m)] = DATA[i];
            for (int j = 0; j < m; j++) index[i * (1 + m) + 1 + j] = j % ITEMS;
        }
        Tensor all = DEVICE.tensor(Shape.of(ITEMS), p);
        Tensor chosen = DEVICE.integers(Shape.of(DATA.length, 1 + m), index);
        try (Tape tape = Tape.watching(all)) {
            return tape.gradients(Losses.noiseContrastive(all.gather(chosen), ITEMS)).of(all).doubles();
        }
    }

    /// Whatever m is, the objective is least where the model has the probabilities of the data, though nobody asks that
    /// they sum to 1.
    @ParameterizedTest
    @ValueSource(ints = {3, 30, 300})
    void theTruthIsTheMinimumWhateverM(int m) {
        assertThat(slope(TRUTH, m)).containsExactly(new double[ITEMS], within(1e-5));
        assertThat(slope(new double[] {0.4, 0.4, 0.2}, m)).satisfies(slope -> {
            assertThat(slope[0]).isLessThan(-0.01);                 // more for the first
            assertThat(slope[1]).isGreaterThan(0.01);
            assertThat(slope[2]).isGreaterThan(0.01);
        });
    }

    /// ∂J/∂sⱼ = (pⱼ − truthⱼ) (1 − hⱼ) with sⱼ = log pⱼ + log Z and 1 − hⱼ = c / (pⱼ + c), c = m/n: that of the
    /// softmax, p − truth, but for a factor that is near 1 if noise is frequent, and small, if it is rare, for what is
    /// known well.
    @ParameterizedTest
    @ValueSource(ints = {3, 30, 300})
    void withMuchNoiseTheGradientIsThatOfTheSoftmax(int m) {
        double[] p = {0.98, 0.015, 0.005}, slope = slope(p, m);
        double c = (double) m / ITEMS;
        for (int j = 0; j < ITEMS; j++) {
            double ofLogit = slope[j] * p[j], softmax = p[j] - TRUTH[j];
            assertThat(ofLogit).isCloseTo(softmax * c / (p[j] + c), within(1e-6));
            if (m == 300) assertThat(ofLogit / softmax).isBetween(0.99, 1.0);
        }
        if (m == 3) assertThat(slope[0] * p[0] / (p[0] - TRUTH[0])).isBetween(0.50, 0.51);
    }
}
