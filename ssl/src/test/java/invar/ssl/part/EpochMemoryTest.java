package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Batches of 2, and 2 of them in an epoch of 5 images.
class EpochMemoryTest {

    private static final Device DEVICE = Device.open("reference");

    private final EpochMemory memory = memory();

    @Test
    void keepsTheFeaturesOfBothViewsWithTheirImages() {
        memory.add(List.of(rows(1, 2), rows(10, 20)), index(4, 0));
        assertThat(memory.count()).isEqualTo(2);
        memory.add(List.of(rows(3, 4), rows(30, 40)), index(3, 1));
        assertThat(memory.rows(0).doubles()).containsExactly(1, 2, 3, 4);
        assertThat(memory.rows(1).doubles()).containsExactly(10, 20, 30, 40);
        assertThat(memory.images()).containsExactly(4, 0, 3, 1);
        assertThat(memory.byImage()).containsExactly(1, 3, 2, 0);
    }

    @Test
    void beginsAnewAfterItWasCleared() {
        memory.add(List.of(rows(1, 2), rows(10, 20)), index(4, 0));
        memory.add(List.of(rows(3, 4), rows(30, 40)), index(3, 1));
        memory.clear();
        memory.add(List.of(rows(5, 6), rows(50, 60)), index(2, 4));
        assertThat(memory.rows(1).doubles()).containsExactly(50, 60);
        assertThat(memory.images()).containsExactly(2, 4);
        assertThat(memory.byImage()).containsExactly(0, 1);
    }

    @Test
    void holdsTheWholeBatchesOfOneEpoch() {
        memory.add(List.of(rows(1, 2), rows(10, 20)), index(4, 0));
        memory.add(List.of(rows(3, 4), rows(30, 40)), index(3, 1));
        assertThat(memory.rows(0).doubles()).containsExactly(1, 2, 3, 4);
        memory.add(List.of(rows(5, 6), rows(50, 60)), index(2, 4));
        assertThatThrownBy(memory::count).isInstanceOf(IllegalStateException.class)
                .hasMessage("a memory for 4 images was given 6");
    }

    @Test
    void isStateAndNoParameter() {
        assertThat(Modules.parameters(memory)).isEmpty();
        assertThat(Modules.buffers(memory)).containsOnlyKeys("features.0", "features.1", "image", "filled");
    }

    private static EpochMemory memory() {
        Init init = new Init(DEVICE, 4);
        ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 1, ResNet.Stem.SMALL));
        return EpochMemory.of(new Setup(encoder, encoder.features(), 5, 0, 8, 2, 2, 6, init), 2, 1);
    }

    private static Tensor rows(double... values) {
        return DEVICE.tensor(Shape.of(values.length, 1), values);
    }

    private static Tensor index(int... images) {
        return DEVICE.integers(Shape.of(images.length), images);
    }
}
