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

final class QueueNceTest {

    private final Device device = Device.open("reference");

    private Tensor gaussian(long seed, int... extents) {
        return FusedGradient.gaussian(device, seed, Shape.of(extents));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 3, 0.5", "2, 5, 1, 0.2", "5, 7, 9, 0.07", "3, 33, 5, 2"})
    void handDerivedGradientIsThatOfTheComposition(int n, int keys, int d, double temperature) {
        FusedGradient.check(new QueueNce(temperature), 1, gaussian(1, n, d), gaussian(2, n, d), gaussian(3, keys, d));
    }

    /// The formula in loops.
    @Test
    void isTheMeanOfTheRowsCrossEntropies() {
        int n = 3, keys = 4, d = 2;
        double[] q = gaussian(1, n, d).doubles(), k = gaussian(2, n, d).doubles();
        double[] queue = gaussian(3, keys, d).doubles();
        double tau = 0.3, expected = 0;
        for (int i = 0; i < n; i++) {
            double right = (q[2 * i] * k[2 * i] + q[2 * i + 1] * k[2 * i + 1]) / tau, sum = Math.exp(right);
            for (int j = 0; j < keys; j++) {
                sum += Math.exp((q[2 * i] * queue[2 * j] + q[2 * i + 1] * queue[2 * j + 1]) / tau);
            }
            expected += (Math.log(sum) - right) / n;
        }
        Tensor loss = Ops.run(new QueueNce(tau), gaussian(1, n, d), gaussian(2, n, d), gaussian(3, keys, d));
        assertThat(loss.item()).isCloseTo(expected, within(1e-12));
    }

    /// If all keys are the same, every one of them has probability 1/(1 + K), and no query is better than another.
    @Test
    void equalKeysLeaveNothingToLearn() {
        Tensor q = gaussian(1, 5, 3), k = device.full(Shape.of(5, 3), 0.5), queue = device.full(Shape.of(8, 3), 0.5);
        try (Tape tape = Tape.watching(q)) {
            Tensor loss = Ops.run(new QueueNce(0.1), q, k, queue);
            assertThat(loss.item()).isCloseTo(Math.log(9), within(1e-12));
            for (double g : tape.gradients(loss).of(q).doubles()) assertThat(g).isCloseTo(0, within(1e-12));
        }
    }

    @Test
    void theQueueGetsNoGradient() {
        Tensor queue = gaussian(3, 7, 3);
        try (Tape tape = Tape.watching(queue)) {
            Tensor loss = Ops.run(new QueueNce(0.1), gaussian(1, 5, 3), gaussian(2, 5, 3), queue);
            assertThat(tape.gradients(loss).reach(queue)).isFalse();
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> new QueueNce(-1)).hasMessage("temperature must be a number > 0 but is -1.0");
        Tensor q = gaussian(1, 5, 3);
        assertThatThrownBy(() -> Ops.run(new QueueNce(1), q, gaussian(2, 4, 3), gaussian(3, 7, 3)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("input 1");
        assertThatThrownBy(() -> Ops.run(new QueueNce(1), q, q, gaussian(3, 7, 2)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("input 2");
    }
}
