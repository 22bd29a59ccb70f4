package invar.ssl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import invar.core.testkit.RecordingBackend;
import invar.nn.optim.Schedule;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StepTest {

    private final Device device = new Device("recording", new RecordingBackend(new ReferenceBackend()));
    private final Step step = new Step(device, 3);

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void keepsTheTensorOfAScheduleAndMovesItsValue() {
        Schedule schedule = k -> 10.0 * k;
        Tensor value = step.value(schedule);
        assertThat(value.item()).isZero();
        step.moveTo(7);
        assertThat(step.value(schedule)).isSameAs(value);
        assertThat(value.item()).isEqualTo(70);
    }

    @Test
    void hasAPhaseMadeOfTheStepsThatWereAskedForAndAreReached() {
        assertThat(step.phase()).isEmpty();
        assertThat(step.reached(0)).isTrue();
        assertThat(step.reached(4)).isFalse();
        assertThat(step.reached(6)).isFalse();
        assertThat(step.phase()).isEmpty();
        step.moveTo(4);
        assertThat(step.reached(4)).isTrue();
        assertThat(step.phase()).isEqualTo(Set.of(4L));
        step.moveTo(5);
        assertThat(step.phase()).isEqualTo(Set.of(4L));
        step.moveTo(100);
        assertThat(step.phase()).isEqualTo(Set.of(4L, 6L));
    }

    /// Rule 3 of captured steps.
    @Test
    void doesNotTellItsNumberInsideACapturedStep() {
        step.moveTo(5);
        assertThatThrownBy(() -> device.capture(step::index)).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the number of the step is not allowed inside a captured step");
        assertThatThrownBy(() -> device.capture(() -> step.random("order"))).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("drawing random numbers on the host is not allowed inside a captured step");
        device.capture(() -> assertThat(step.reached(5)).isTrue());
        assertThat(step.index()).isEqualTo(5);
        Step same = new Step(device, 3);
        same.moveTo(5);
        assertThat(step.random("order").nextInt(1 << 20)).isEqualTo(same.random("order").nextInt(1 << 20));
    }
}
