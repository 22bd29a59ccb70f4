package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.SplitBatchNorm;
import invar.nn.init.Init;
import invar.ssl.Setup;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchShuffleTest {

    private static final Device DEVICE = Device.open("reference");

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33})
    void showsTheNetworkAnotherOrderAndPutsItsOutputsBack(int images) {
        BatchShuffle shuffle = shuffle(images);
        shuffle.draw(Philox.of(3));
        double[] values = IntStream.range(0, images).asDoubleStream().toArray();
        List<Double> seen = new ArrayList<>();
        Tensor y = shuffle.through((x, mode) -> {
            assertThat(mode).isEqualTo(Mode.TRAIN);
            for (double value : x.doubles()) seen.add(value);
            return x.scale(2);
        }, DEVICE.tensor(Shape.of(images, 1), values));
        assertThat(y.doubles()).containsExactly(IntStream.range(0, images).mapToDouble(i -> 2 * i).toArray());
        assertThat(seen).containsExactlyElementsOf(IntStream.of(Philox.of(3).permutation(images)).asDoubleStream()
                .boxed().toList());
        if (images > 2) assertThat(seen).isNotEqualTo(seen.stream().sorted().toList());
    }

    @Test
    void takesTheOrderInWhichTheImagesComeUntilOneIsDrawn() {
        BatchShuffle shuffle = shuffle(5);
        assertThat(shuffle.order().integers()).containsExactly(0, 1, 2, 3, 4);
        assertThat(shuffle.inverse().integers()).containsExactly(0, 1, 2, 3, 4);
    }

    /// Each image is normalised with the images that are at places of the same remainder.
    @Test
    void changesWithWhomAnImageIsNormalised() {
        SplitBatchNorm norm = SplitBatchNorm.of(new Init(DEVICE, 1), 1, 2);
        BatchShuffle shuffle = shuffle(4);
        shuffle.order().upload(2, 1, 0, 3);                          // still 0 with 2 and 1 with 3
        shuffle.inverse().upload(2, 1, 0, 3);
        Tensor x = DEVICE.tensor(Shape.of(4, 1), 0, 10, 1, 30);
        double[] plain = norm.apply(x, Mode.TRAIN).doubles();
        assertThat(shuffle.through(norm, x).doubles()).containsExactly(plain);
        shuffle.order().upload(0, 2, 1, 3);                          // 0 with 1 and 2 with 3
        shuffle.inverse().upload(0, 2, 1, 3);
        double[] expected = norm.apply(DEVICE.tensor(Shape.of(4, 1), 0, 1, 10, 30), Mode.TRAIN).doubles();
        assertThat(shuffle.through(norm, x).doubles())
                .containsExactly(expected[0], expected[2], expected[1], expected[3]);
    }

    private static BatchShuffle shuffle(int batch) {
        return BatchShuffle.of(new Setup((x, mode) -> x, 1, batch, 0, 8, batch, 1, 1, new Init(DEVICE, 1)));
    }
}
