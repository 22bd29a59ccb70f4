package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Modules;
import invar.ssl.Losses;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClusterLabelsTest {

    private static final Device DEVICE = Device.open("reference");

    private final ClusterLabels labels = ClusterLabels.of(DEVICE, 7, 3);

    @Test
    void givesClassesToTheImagesThatWereSeenAndNoneToOthers() {
        assertThat(labels.all()).containsOnly(Losses.IGNORED).hasSize(7);
        labels.replace(new int[] {6, 1, 2}, new int[] {2, 0, 2});
        assertThat(labels.all()).containsExactly(-100, 0, 2, -100, -100, -100, 2);
        labels.replace(new int[] {0}, new int[] {1});
        assertThat(labels.all()).containsExactly(1, -100, -100, -100, -100, -100, -100);
    }

    @Test
    void hasTheCrossEntropyOfTheSeenImagesInAllViewsAndItsGradient() {
        labels.replace(new int[] {6, 1, 2}, new int[] {2, 0, 2});
        Philox random = new Philox(3, 4);
        Tensor logits = DEVICE.tensor(Shape.of(8, 3), IntStream.range(0, 24).mapToDouble(i -> random.nextGaussian())
                .toArray());
        Tensor index = DEVICE.integers(Shape.of(4), 2, 5, 1, 6);
        Tensor targets = DEVICE.integers(Shape.of(8), 2, -100, 0, 2, 2, -100, 0, 2);            // twice, for two views
        double[] expected;
        double loss;
        try (Tape tape = Tape.watching(logits)) {
            Tensor theirs = Losses.crossEntropy(logits, targets);
            loss = theirs.item();
            expected = tape.gradients(theirs).of(logits).doubles();
        }
        try (Tape tape = Tape.watching(logits)) {
            Tensor ours = labels.crossEntropy(logits, index);
            assertThat(ours.item()).isCloseTo(loss, within(1e-14));
            assertThat(tape.gradients(ours).of(logits).doubles()).containsExactly(expected, within(1e-14));
        }
    }

    @Test
    void isZeroWhereNoImageHasAClass() {
        assertThat(labels.crossEntropy(DEVICE.zeros(Shape.of(2, 3)), DEVICE.integers(Shape.of(2), 0, 3)).item())
                .isZero();
    }

    @Test
    void knowsHowManyClassesAreInUse() {
        assertThat(labels.share()).isZero();
        labels.replace(new int[] {0, 1, 2}, new int[] {1, 1, 2});
        assertThat(labels.share()).isCloseTo(2 / 3.0, within(1e-15));
    }

    @Test
    void isStateAndNoParameter() {
        assertThat(Modules.parameters(labels)).isEmpty();
        assertThat(Modules.buffers(labels)).containsOnlyKeys("table", "classes");
    }
}
