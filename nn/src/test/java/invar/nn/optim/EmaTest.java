package invar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.nn.BatchNorm;
import invar.nn.Linear;
import invar.nn.Modules;
import invar.nn.init.Init;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class EmaTest {

    private final Device device = Device.open("reference");

    @Test
    void movesParametersButNotRunningStatistics() {
        BatchNorm online = BatchNorm.of(new Init(device, 1), 3), target = Modules.copyOf(online);
        online.weight().orElseThrow().upload(5.0, 5.0, 5.0);
        online.runningMean().upload(7.0, 7.0, 7.0);
        Ema.update(target, online, device.scalar(0.75));
        assertThat(target.weight().orElseThrow().doubles()).containsExactly(new double[] {2, 2, 2}, within(1e-12));
        assertThat(target.runningMean().doubles()).containsExactly(0, 0, 0);
    }

    @Test
    void refusesNetworksThatDiffer() {
        Init init = new Init(device, 1);
        Linear biased = Linear.of(init, 2, 3, true), plain = Linear.of(init, 2, 3, false);
        assertThatThrownBy(() -> Ema.update(biased, plain, device.scalar(1)))
                .hasMessageContaining("target and online network differ in their parameters");
        Linear target = new Linear(device.zeros(Shape.of(3, 2)), Optional.empty());
        assertThatThrownBy(() -> Ema.update(target, Linear.of(init, 3, 2, false), device.scalar(1)))
                .hasMessage("weight has shape (3, 2) in the target but (2, 3) online");
    }
}
