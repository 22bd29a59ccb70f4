package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PseudoLabelsTest {

    private static final Device DEVICE = Device.open("reference");

    /// Independently computed in double: the specification's table of golden values.
    @Test
    void haveTheGoldenMaskAndLoss() {
        PseudoLabels labels = PseudoLabels.of(GoldenLogits.a(DEVICE).scale(4), 0.95);
        assertThat(labels.mask().doubles()).containsExactly(0, 0, 1, 1);
        assertThat(labels.share().item()).isEqualTo(0.5);
        assertThat(labels.crossEntropy(GoldenLogits.b(DEVICE)).item()).isCloseTo(0.900004569727, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void areTheLikeliestClassAndOfEqualOnesTheFirst(String name) {
        try (Device device = Device.open(name)) {
            Tensor logits = device.tensor(Shape.of(4, 3), 0, 7, 1, 2, 2, 2, -3, 5, 5, 1e4, -1e4, 0);
            PseudoLabels labels = PseudoLabels.of(logits, 0);
            assertThat(labels.hard().doubles()).containsExactly(0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0);
            assertThat(labels.mask().doubles()).containsOnly(1);
        }
    }

    /// ½ is exactly representable, and so is softmax(0, 0).
    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void countFromTheThresholdOn(String name) {
        try (Device device = Device.open(name)) {
            Tensor logits = device.tensor(Shape.of(2, 2), 0, 0, 1, 0);
            assertThat(PseudoLabels.of(logits, 0.5).mask().doubles()).containsExactly(1, 1);
            assertThat(PseudoLabels.of(logits, 0.51).mask().doubles()).containsExactly(0, 1);
            assertThat(PseudoLabels.of(logits, 1).mask().doubles()).containsExactly(0, 0);
        }
    }

    /// One confident row of four: a quarter of its cross entropy, not all of it.
    @Test
    void divideByAllImages() {
        Tensor weak = DEVICE.tensor(Shape.of(4, 2), 9, 0, 0, 0, 0, 0.1, 0.2, 0);
        Tensor strong = DEVICE.tensor(Shape.of(4, 2), 0.3, 1, 5, 6, 7, 8, 9, 1);
        double alone = Losses.crossEntropy(strong.rows(0, 1), DEVICE.integers(Shape.of(1), 0)).item();
        assertThat(PseudoLabels.of(weak, 0.95).crossEntropy(strong).item()).isCloseTo(alone / 4, within(1e-14));
    }

    @Test
    void teachTheStrongViewAlone() {
        Tensor weak = GoldenLogits.a(DEVICE), strong = GoldenLogits.b(DEVICE);
        try (Tape tape = Tape.watching(List.of(weak, strong))) {
            Gradients gradients = tape.gradients(PseudoLabels.of(weak, 0.4).crossEntropy(strong));
            assertThat(gradients.reach(weak)).isFalse();
            assertThat(gradients.of(strong).abs().sum().item()).isGreaterThan(0.01);
        }
    }
}
