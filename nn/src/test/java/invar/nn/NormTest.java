package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Batch norm in groups of images, and group norm.
final class NormTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 5);

    private Tensor gaussian(String name, int... extents) {
        return init.tensor(name, new Initializer.Normal(2), Shape.of(extents));
    }

    @ParameterizedTest
    @CsvSource({"split2, TRAIN, false", "split3, TRAIN, true", "split2, EVAL, true", "group1, TRAIN, false",
        "group3, TRAIN, true"})
    void gradientsAreThoseOfFiniteDifferences(String kind, Mode mode, boolean relu) {
        Norm plain = norm(kind), layer = relu ? plain.withRelu() : plain;
        List<Tensor> all = new ArrayList<>(List.of(gaussian("x", 6, 3, 2, 2), gaussian("residual", 6, 3, 2, 2)));
        all.addAll(Modules.parameters(layer).values());
        double worst = GradCheck.worst(in -> layer.apply(in[0], in[1], mode), 2, 7, all.toArray(Tensor[]::new));
        assertThat(worst).isLessThan(1e-7);
    }

    private Norm norm(String kind) {
        int number = Integer.parseInt(kind.substring(5));
        return kind.startsWith("split") ? SplitBatchNorm.of(init, 3, number) : GroupNorm.of(init, 3, number);
    }

    /// The images i mod G of a batch, by themselves, are what plain batch norm is for.
    @Test
    void splitsTheBatch() {
        Tensor x = gaussian("x", 6, 3, 2, 2);
        Tensor y = SplitBatchNorm.of(init, 3, 2).apply(x, Mode.TRAIN);
        for (int group = 0; group < 2; group++) {
            Tensor rows = device.integers(Shape.of(3), group, group + 2, group + 4);
            Tensor alone = BatchNorm.of(init, 3).apply(x.gather(rows), Mode.TRAIN);
            assertThat(y.gather(rows).doubles()).containsExactly(alone.doubles(), within(1e-12));
        }
        assertThat(y.doubles()).isNotEqualTo(BatchNorm.of(init, 3).apply(x, Mode.TRAIN).doubles());
        assertThat(SplitBatchNorm.of(init, 3, 1).apply(x, Mode.TRAIN).doubles())
                .containsExactly(BatchNorm.of(init, 3).apply(x, Mode.TRAIN).doubles(), within(1e-12));
    }

    @Test
    void movesRunningStatisticsByTheMeanOverItsGroups() {
        Tensor x = gaussian("x", 6, 3, 2, 2);
        SplitBatchNorm split = SplitBatchNorm.of(init, 3, 2);
        split.apply(x, Mode.TRAIN);
        double[] mean = new double[3], var = new double[3];
        for (int group = 0; group < 2; group++) {
            BatchNorm alone = BatchNorm.of(init, 3);
            alone.apply(x.gather(device.integers(Shape.of(3), group, group + 2, group + 4)), Mode.TRAIN);
            for (int c = 0; c < 3; c++) {
                mean[c] += alone.runningMean().doubles()[c] / 2;
                var[c] += alone.runningVar().doubles()[c] / 2;
            }
        }
        assertThat(split.runningMean().doubles()).containsExactly(mean, within(1e-12));
        assertThat(split.runningVar().doubles()).containsExactly(var, within(1e-12));
    }

    @Test
    void evaluatesAsBatchNorm() {
        Tensor x = gaussian("x", 5, 3, 2, 2);
        SplitBatchNorm split = SplitBatchNorm.of(init, 3, 4);
        assertThat(split.apply(x, Mode.EVAL).doubles()).isEqualTo(BatchNorm.of(init, 3).apply(x, Mode.EVAL).doubles());
    }

    @Test
    void refusesABatchThatItsGroupsDoNotDivide() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SplitBatchNorm.of(init, 3, 4).apply(gaussian("x", 6, 3), Mode.TRAIN))
                .withMessage("batch norm in 4 groups cannot take a batch of 6: the groups must divide the batch");
        assertThatIllegalArgumentException().isThrownBy(() -> GroupNorm.of(init, 3, 2))
                .withMessage("the groups of group norm must divide its 3 channels, but there are 2");
    }

    /// Group norm as its formula says, image by image and group by group.
    @ParameterizedTest
    @CsvSource({"1", "2", "4"})
    void normalisesEachImageByItself(int groups) {
        int images = 3, channels = 4, places = 6, each = channels / groups * places;
        Tensor x = gaussian("x", images, channels, 2, 3);
        double[] in = x.doubles(), out = GroupNorm.of(init, channels, groups).apply(x, Mode.TRAIN).doubles();
        for (int g = 0; g < images * groups; g++) {
            double mean = 0, var = 0;
            for (int i = 0; i < each; i++) mean += in[g * each + i] / each;
            for (int i = 0; i < each; i++) var += Math.pow(in[g * each + i] - mean, 2) / each;
            for (int i = 0; i < each; i++) {
                double expected = (in[g * each + i] - mean) / Math.sqrt(var + 1e-5);
                assertThat(out[g * each + i]).isCloseTo(expected, within(1e-12));
            }
        }
    }

    @Test
    void isTheNormOfAResidualNetwork() {
        ResNet.Spec spec = ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL);
        ResNet whole = ResNet.of(init, spec);
        ResNet split = ResNet.of(init, spec.withNorm((at, channels) -> SplitBatchNorm.of(at, channels, 2)));
        ResNet layer = ResNet.of(init, spec.withNorm((at, channels) -> GroupNorm.of(at, channels, 1)));
        assertThat(Modules.state(split).keySet()).isEqualTo(Modules.state(whole).keySet());
        assertThat(Modules.parameters(layer).keySet()).isEqualTo(Modules.parameters(whole).keySet());
        assertThat(Modules.buffers(layer)).isEmpty();
        Tensor x = gaussian("x", 4, 3, 8, 8);
        Tensor alone = layer.apply(x.gather(device.integers(Shape.of(1), 2)), Mode.TRAIN);
        assertThat(layer.apply(x, Mode.TRAIN).gather(device.integers(Shape.of(1), 2)).doubles())
                .containsExactly(alone.doubles(), within(1e-12));
        ResNet zero = ResNet.of(init, spec.withNorm((at, channels) -> GroupNorm.of(at, channels, 1))
                .withZeroInitResidual(true));
        assertThat(Modules.parameters(zero).get("layer1.0.bn2.weight").doubles()).containsOnly(0.0);
        assertThat(Modules.copyOf(split).apply(x, Mode.TRAIN).doubles())
                .isEqualTo(split.apply(x, Mode.TRAIN).doubles());
    }
}
