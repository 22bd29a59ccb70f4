package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.UserError;
import org.junit.jupiter.api.Test;

class FeatureQueueTest {

    private static final Device DEVICE = Device.open("reference");

    private final FeatureQueue queue =
            new FeatureQueue(DEVICE.tensor(Shape.of(4, 1), 10, 11, 12, 13), DEVICE.integers(Shape.of(), 2));

    @Test
    void overwritesTheOldestKeysAndComesRound() {
        queue.enqueue(keys(1, 2));
        assertThat(queue.rows().doubles()).containsExactly(10, 11, 1, 2);
        assertThat(queue.pointer().integers()).containsExactly(0);
        queue.enqueue(keys(3, 4));
        queue.enqueue(keys(5, 6));
        assertThat(queue.rows().doubles()).containsExactly(3, 4, 5, 6);
        assertThat(queue.pointer().integers()).containsExactly(0);
    }

    @Test
    void refusesABatchThatDoesNotDivideItsLength() {
        assertThatThrownBy(() -> queue.enqueue(keys(1, 2, 3)))
                .hasMessage("the length of the queue, 4, must be a multiple of the batch, which is 3");
        assertThat(queue.rows().doubles()).containsExactly(10, 11, 12, 13);
    }

    @Test
    void startsWithRandomRowsOfUnitLength() {
        FeatureQueue fresh = FeatureQueue.of(setup(4), 12, 5, 4);
        double[] rows = fresh.rows().doubles();
        for (int i = 0; i < 12; i++) {
            double squares = 0;
            for (int j = 0; j < 5; j++) squares += rows[5 * i + j] * rows[5 * i + j];
            assertThat(squares).isCloseTo(1, within(1e-12));
        }
        assertThat(rows).doesNotHaveDuplicates();
        assertThat(fresh.pointer().integers()).containsExactly(0);
    }

    @Test
    void refusesALengthThatIsNoMultipleOfTheKeysOfAStep() {
        assertThatThrownBy(() -> FeatureQueue.of(setup(4), 12, 5, 8)).isInstanceOf(UserError.class)
                .hasMessage("The setting queue must be a multiple of the keys of one step, which are 8 with a batch of "
                        + "4, but is 12.");
    }

    private static Setup setup(int batch) {
        return new Setup((x, mode) -> x, 1, batch, 0, 8, batch, 1, 1, new Init(DEVICE, 1));
    }

    @Test
    void isStateAndNoParameter() {
        assertThat(Modules.parameters(queue)).isEmpty();
        assertThat(Modules.buffers(queue)).containsOnlyKeys("rows", "pointer");
    }

    private static Tensor keys(double... values) {
        return DEVICE.tensor(Shape.of(values.length, 1), values);
    }
}
