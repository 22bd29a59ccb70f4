package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import org.junit.jupiter.api.Test;

class SinkhornTest {

    private static final Device DEVICE = Device.open("reference");

    @Test
    void givesEverySampleADistributionAndEveryPrototypeItsShare() {
        Tensor q = new Sinkhorn(0.5, 200).assign(scores(9, 3));
        assertThat(q.sum(1).plus(-1).abs().maximum().item()).isLessThan(1e-12);
        assertThat(q.sum(0).plus(-3).abs().maximum().item()).isLessThan(1e-6);
    }

    @Test
    void agreesWithTheMatrixIteration() {
        Tensor scores = scores(7, 5);
        Tensor q = scores.scale(1 / 0.3).exp();
        for (int i = 0; i < 3; i++) {
            q = q.div(q.sum(0));
            q = q.div(q.sum(1));
        }
        assertThat(new Sinkhorn(0.3, 3).assign(scores).sub(q).abs().maximum().item()).isLessThan(1e-13);
    }

    @Test
    void holdsForScoresWhoseExponentialsOverflow() {
        Tensor q = new Sinkhorn(0.01, 3).assign(scores(6, 4).scale(1000));
        assertThat(q.sum(1).plus(-1).abs().maximum().item()).isLessThan(1e-9);
    }

    @Test
    void isAConstant() {
        Tensor scores = scores(4, 3);
        try (Tape tape = Tape.watching(scores)) {
            new Sinkhorn(0.05, 3).assign(scores);
            assertThat(tape.size()).isZero();
        }
    }

    @Test
    void refusesSettingsWithoutMeaning() {
        assertThatThrownBy(() -> new Sinkhorn(0, 3)).hasMessageContaining("epsilon");
        assertThatThrownBy(() -> new Sinkhorn(0.05, 0)).hasMessageContaining("iterations");
    }

    private static Tensor scores(int rows, int columns) {
        Philox random = new Philox(1, 2);
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
        return DEVICE.tensor(Shape.of(rows, columns), values);
    }
}
