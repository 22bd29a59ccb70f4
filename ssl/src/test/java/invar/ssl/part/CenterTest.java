package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Modules;
import java.util.List;
import org.junit.jupiter.api.Test;

class CenterTest {

    private static final Device DEVICE = Device.open("reference");

    @Test
    void movesTowardsTheMeanOverViewsAndSamples() {
        Center center = Center.of(DEVICE, 2);
        Tensor first = DEVICE.tensor(Shape.of(2, 2), 1, 2, 3, 4), second = DEVICE.tensor(Shape.of(2, 2), 5, 6, 7, 8);
        center.update(List.of(first, second), DEVICE.scalar(0.75));
        assertThat(center.value().doubles()).containsExactly(1, 1.25);         // a quarter of (4, 5)
        center.update(List.of(first), DEVICE.scalar(0));
        assertThat(center.value().doubles()).containsExactly(2, 3);
    }

    @Test
    void takesAwayWhatAllSamplesHaveInCommon() {
        Center center = Center.of(DEVICE, 3);
        Tensor teacher = DEVICE.tensor(Shape.of(1, 3), 100, 5, -7);
        center.update(List.of(teacher), DEVICE.scalar(0));
        assertThat(center.target(teacher, 0.04).doubles()).containsOnly(1 / 3.0);
    }

    @Test
    void aLowTemperatureSharpensTheTarget() {
        Center center = Center.of(DEVICE, 2);
        Tensor teacher = DEVICE.tensor(Shape.of(1, 2), 1, 0);
        assertThat(center.target(teacher, 1).doubles()[0]).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-15));
        assertThat(center.target(teacher, 0.04).doubles()[0]).isCloseTo(1 / (1 + Math.exp(-25)), within(1e-15));
        assertThatThrownBy(() -> center.target(teacher, 0)).hasMessageContaining("temperature");
    }

    @Test
    void isStateAndNoParameter() {
        Center center = Center.of(DEVICE, 2);
        assertThat(Modules.parameters(center)).isEmpty();
        assertThat(Modules.buffers(center)).containsOnlyKeys("value");
    }
}
