package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Modules;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetMonitorTest {

    private static final Device DEVICE = Device.open("reference");

    @Test
    void splitsACrossEntropyIntoEntropyAndDivergence() {
        TargetMonitor monitor = TargetMonitor.of(DEVICE);
        Tensor uniform = DEVICE.full(Shape.of(2, 4), 0.25);
        Tensor mixed = DEVICE.tensor(Shape.of(2, 4), 1, 0, 0, 0, 0.5, 0.5, 0, 0);            // 0 and ln 2 nats
        Tensor loss = DEVICE.scalar(2);
        assertThat(monitor.observe(List.of(uniform, mixed), loss)).isSameAs(loss);
        double entropy = (Math.log(4) + Math.log(2) / 2) / 2;
        assertThat(monitor.health().get("entropy")).isCloseTo(entropy, within(1e-12));
        assertThat(monitor.health().get("divergence")).isCloseTo(2 - entropy, within(1e-12));
    }

    @Test
    void isOfTheLastStepAloneAndNotTrained() {
        TargetMonitor monitor = TargetMonitor.of(DEVICE);
        monitor.observe(List.of(DEVICE.full(Shape.of(1, 5), 0.2)), DEVICE.scalar(3));
        monitor.observe(List.of(DEVICE.tensor(Shape.of(1, 2), 1, 0)), DEVICE.scalar(0.5));
        assertThat(monitor.health()).contains(entry("divergence", 0.5)).hasSize(2);
        assertThat(Math.abs(monitor.health().get("entropy"))).isZero();
        assertThat(Modules.parameters(monitor)).isEmpty();
        assertThat(Modules.buffers(monitor)).containsOnlyKeys("entropy", "divergence");
    }
}
