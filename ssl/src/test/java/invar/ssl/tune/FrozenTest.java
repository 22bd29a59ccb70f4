package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import org.junit.jupiter.api.Test;

class FrozenTest {

    private final TaskNetwork network = Networks.task(1, 1, 2);

    @Test
    void isSilentWhileNothingMoves() {
        Frozen frozen = new Frozen(network);
        network.apply(Networks.images(3, 1), Mode.EVAL);
        frozen.check();
    }

    @Test
    void noticesAStatisticThatMoved() {
        Frozen frozen = new Frozen(network);
        network.apply(Networks.images(3, 1), Mode.TRAIN);
        assertThatThrownBy(frozen::check).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the encoder must not move while it is measured, but encoder.")
                .hasMessageContaining("running_");
    }

    @Test
    void noticesAWeightThatMovedByOneBit() {
        Frozen frozen = new Frozen(network);
        Tensor weight = Modules.parameters(network).get("head.layers.0.linear.weight");
        double[] values = weight.doubles();
        values[3] = Math.nextUp(values[3]);
        weight.upload(values);
        assertThatThrownBy(frozen::check).isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith("but head.layers.0.linear.weight did");
    }
}
