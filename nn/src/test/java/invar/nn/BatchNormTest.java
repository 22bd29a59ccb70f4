package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BatchNormTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 5);

    private Tensor gaussian(String name, int... extents) {
        return init.tensor(name, new Initializer.Normal(2), Shape.of(extents));
    }

    @ParameterizedTest
    @CsvSource({"SCALE_AND_SHIFT, TRAIN, false", "SCALE_AND_SHIFT, TRAIN, true", "SCALE, TRAIN, false",
        "NONE, TRAIN, false", "NONE, TRAIN, true", "SCALE_AND_SHIFT, EVAL, true", "SCALE, EVAL, false"})
    void gradientsAreThoseOfFiniteDifferences(BatchNorm.Affine affine, Mode mode, boolean relu) {
        BatchNorm plain = BatchNorm.of(init, 3, affine);
        BatchNorm layer = relu ? plain.withRelu() : plain;
        List<Tensor> all = new ArrayList<>(List.of(gaussian("x", 5, 3, 2, 4)));
        all.addAll(Modules.parameters(layer).values());
        double worst = GradCheck.worst(in -> layer.apply(in[0], mode), 2, 7, all.toArray(Tensor[]::new));
        assertThat(worst).isLessThan(1e-7);
    }

    @ParameterizedTest
    @CsvSource({"SCALE_AND_SHIFT, 2", "SCALE, 1", "NONE, 0"})
    void hasTheParametersAskedForAndTwoBuffers(BatchNorm.Affine affine, int parameters) {
        BatchNorm layer = BatchNorm.of(init, 7, affine);
        assertThat(Modules.parameters(layer)).hasSize(parameters);
        assertThat(Modules.buffers(layer).keySet()).containsExactly("running_mean", "running_var");
    }

    /// Channels of x: (1, 3) and (2, 8): means 2 and 5, unbiased variances 2 and 18, biased 1 and 9.
    @Test
    void runningStatisticsMoveTowardsMeanAndUnbiasedVariance() {
        BatchNorm layer = BatchNorm.of(init, 2);
        layer.apply(device.tensor(Shape.of(2, 2), 1.0, 2, 3, 8), Mode.TRAIN);
        assertThat(layer.runningMean().doubles()).containsExactly(new double[] {0.2, 0.5}, within(1e-12));
        assertThat(layer.runningVar().doubles()).containsExactly(new double[] {0.9 + 0.2, 0.9 + 1.8}, within(1e-12));
    }

    @Test
    void runningStatisticsConvergeToThoseOfARepeatedBatch() {
        BatchNorm layer = BatchNorm.of(init, 3);
        Tensor x = gaussian("x", 31, 3);
        for (int step = 0; step < 300; step++) layer.apply(x, Mode.TRAIN);
        Tensor trained = layer.apply(x, Mode.TRAIN), evaluated = layer.apply(x, Mode.EVAL);
        double unbiased = Math.sqrt(30.0 / 31);                         // EVAL divides by the larger deviation
        assertThat(evaluated.doubles()).containsExactly(trained.scale(unbiased).doubles(), within(1e-4));
    }

    @Test
    void evaluationChangesNothing() {
        BatchNorm layer = BatchNorm.of(init, 3);
        layer.apply(gaussian("x", 9, 3), Mode.TRAIN);
        double[] mean = layer.runningMean().doubles(), variance = layer.runningVar().doubles();
        Tensor one = layer.apply(gaussian("y", 1, 3), Mode.EVAL);       // a batch of one is no trouble
        layer.apply(gaussian("z", 17, 3), Mode.EVAL);
        assertThat(layer.runningMean().doubles()).containsExactly(mean);
        assertThat(layer.runningVar().doubles()).containsExactly(variance);
        assertThat(layer.apply(gaussian("y", 1, 3), Mode.EVAL).doubles()).containsExactly(one.doubles());
    }

    @Test
    void movingTheStatisticsIsNotDifferentiated() {
        BatchNorm layer = BatchNorm.of(init, 3);
        Tensor x = gaussian("x", 5, 3);
        try (Tape tape = Tape.watching(x)) {
            layer.apply(x, Mode.TRAIN);
            int once = tape.size();
            new BatchNorm(layer.weight(), layer.bias(), layer.runningMean(), layer.runningVar(), 0, 1e-5, false)
                    .apply(x, Mode.TRAIN);
            assertThat(tape.size()).isEqualTo(2 * once);
            assertThat(tape.gradients(layer.runningMean().sum()).reach(x)).isFalse();
        }
    }

    @Test
    void reluIsThatOfTheResult() {
        BatchNorm layer = BatchNorm.of(init, 3);
        Tensor x = gaussian("x", 5, 3, 3, 3);
        for (Mode mode : Mode.values()) {
            double[] expected = layer.apply(x, mode).relu().doubles();
            assertThat(layer.withRelu().apply(x, mode).doubles()).containsExactly(expected);
        }
        assertThat(layer.withRelu().runningMean()).isSameAs(layer.runningMean());
    }

    @Test
    void refusesWhatItCannotNormalise() {
        BatchNorm layer = BatchNorm.of(init, 3);
        assertThatThrownBy(() -> layer.apply(gaussian("x", 1, 3), Mode.TRAIN))
                .hasMessageContaining("one value per channel");
        assertThatThrownBy(() -> layer.apply(gaussian("x", 3, 4), Mode.TRAIN))
                .hasMessage("batch norm over 3 channels cannot take (3, 4): axis 1 must have extent 3");
        assertThatThrownBy(() -> new BatchNorm(Optional.empty(), Optional.empty(), layer.runningMean(),
                layer.runningVar(), 1.5, 1e-5, false))
                .hasMessage("the momentum of batch norm must be from 0 to 1 but is 1.5");
    }
}
