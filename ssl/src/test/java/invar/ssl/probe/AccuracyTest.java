package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import org.junit.jupiter.api.Test;

class AccuracyTest {

    private static final Device DEVICE = Device.open("reference");

    @Test
    void countsTheRowsWhoseLabelIsAmongTheLargest() {
        Tensor logits = logits(3, 4, 1, 2, 3, 4, 9, 8, 7, 6, 0, 5, -1, 3);
        int[] labels = {2, 0, 0};                                              // places 1, 0 and 2
        assertThat(Accuracy.topK(logits, labels, 1)).isEqualTo(1 / 3.0);
        assertThat(Accuracy.topK(logits, labels, 2)).isEqualTo(2 / 3.0);
        assertThat(Accuracy.topK(logits, labels, 3)).isEqualTo(1);
    }

    @Test
    void aConstantRowIsRightForTheFirstClassOnly() {
        assertThat(Accuracy.topK(logits(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1), new int[] {0, 1, 2}, 1)).isEqualTo(1 / 3.0);
    }

    @Test
    void aRowWithANaNIsWrong() {
        assertThat(Accuracy.topK(logits(1, 2, 1, Double.NaN), new int[] {0}, 2)).isZero();
    }

    @Test
    void comparesPredictionsWithLabels() {
        assertThat(Accuracy.of(new int[] {1, 2, 3, 4}, new int[] {1, 0, 3, 4})).isEqualTo(0.75);
    }

    @Test
    void refusesWhatDoesNotFitTogether() {
        Tensor logits = logits(1, 2, 1, 0);
        assertThatThrownBy(() -> Accuracy.topK(logits, new int[2], 1)).hasMessageContaining("not 2");
        assertThatThrownBy(() -> Accuracy.topK(logits, new int[1], 3)).hasMessageContaining("1 … 2");
        assertThatThrownBy(() -> Accuracy.topK(logits, new int[] {2}, 1)).hasMessageContaining("label 2 of row 0");
        assertThatThrownBy(() -> Accuracy.of(new int[0], new int[0])).isInstanceOf(IllegalArgumentException.class);
    }

    private static Tensor logits(int rows, int columns, double... values) {
        return DEVICE.tensor(Shape.of(rows, columns), values);
    }
}
