package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Modules;
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
    void isStateAndNoParameter() {
        assertThat(Modules.parameters(queue)).isEmpty();
        assertThat(Modules.buffers(queue)).containsOnlyKeys("rows", "pointer");
    }

    private static Tensor keys(double... values) {
        return DEVICE.tensor(Shape.of(values.length, 1), values);
    }
}
