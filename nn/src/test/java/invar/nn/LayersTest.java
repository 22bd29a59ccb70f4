package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.ContractionOp;
import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LayersTest {

    private static final Device DEVICE = Device.open("reference");
    private static final Init INIT = new Init(DEVICE, 11);

    private static Tensor gaussian(int... extents) {
        return INIT.tensor("x", new Initializer.Normal(1), Shape.of(extents));
    }

    static Stream<Arguments> layers() {
        Tensor kernel = gaussian(6, 2, 3, 2);
        return Stream.of(
                Arguments.of("linear, a vector", Linear.of(INIT.at("a"), 5, 3, true), gaussian(5)),
                Arguments.of("linear, a matrix", Linear.of(INIT.at("a"), 5, 3, true), gaussian(7, 5)),
                Arguments.of("linear, three axes", Linear.of(INIT.at("a"), 5, 1, false), gaussian(2, 3, 5)),
                Arguments.of("conv", new Conv2d(kernel, Optional.of(gaussian(6)),
                        new ContractionOp.Conv2d(2, 1, 1, 0, 1, 2, 2)), gaussian(2, 4, 5, 7)),
                Arguments.of("layer norm", LayerNorm.of(INIT.at("c"), 9), gaussian(2, 3, 9)),
                Arguments.of("average pooling", new AvgPool2d(3, 2, 1), gaussian(2, 3, 5, 7)),
                Arguments.of("gelu", Activation.GELU, gaussian(3, 17)),
                Arguments.of("tanh", Activation.TANH, gaussian(3, 17)),
                Arguments.of("sigmoid", Activation.SIGMOID, gaussian(3, 17)),
                Arguments.of("sequential", Sequential.of(Conv2d.of(INIT.at("d"), 2, 3, 3, 1, 1), new GlobalAvgPool(),
                        Linear.of(INIT.at("e"), 3, 4, true)), gaussian(3, 2, 5, 4)),
                Arguments.of("flatten", Sequential.of(new Flatten(), Linear.of(INIT.at("f"), 12, 2, true)),
                        gaussian(3, 2, 3, 2)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void gradientsAreThoseOfFiniteDifferences(String name, Layer layer, Tensor x) {
        List<Tensor> all = new ArrayList<>(List.of(x));
        all.addAll(Modules.parameters(layer).values());
        double worst = GradCheck.worst(in -> layer.apply(in[0], Mode.TRAIN), 2, 5, all.toArray(Tensor[]::new));
        assertThat(worst).isLessThan(1e-7);
    }

    @Test
    void aLinearLayerMapsTheLastAxis() {
        Linear layer = Linear.of(INIT.at("a"), 5, 3, true);
        Tensor x = gaussian(2, 7, 5);
        assertThat(layer.apply(x, Mode.EVAL).shape()).isEqualTo(Shape.of(2, 7, 3));
        assertThat(layer.apply(x, Mode.EVAL).doubles())
                .containsExactly(layer.apply(x.reshape(14, 5), Mode.EVAL).doubles());
    }

    @Test
    void aWrongWidthIsSaidInOneSentence() {
        assertThatThrownBy(() -> Linear.of(INIT, 5, 3, true).apply(gaussian(2, 4), Mode.EVAL))
                .hasMessage("a linear layer from 5 to 3 features cannot take (2, 4): the last axis must have extent 5");
        assertThatThrownBy(() -> new Linear(gaussian(3, 5), Optional.of(gaussian(5))))
                .hasMessage("the bias of a layer with 3 outputs has shape (3), not (5)");
    }

    @Test
    void layerNormGivesEveryRowMeanZeroAndVarianceOne() {
        Tensor y = LayerNorm.of(INIT, 33).apply(gaussian(3, 33).affine(5, 100), Mode.TRAIN);
        for (int row = 0; row < 3; row++) {
            Tensor r = y.rows(row, row + 1);
            assertThat(r.mean().item()).isCloseTo(0, within(1e-12));
            assertThat(r.square().mean().item()).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void layerNormRefusesAnotherWidth() {
        assertThatThrownBy(() -> LayerNorm.of(INIT, 4).apply(gaussian(4, 1), Mode.TRAIN))
                .hasMessage("layer norm over 4 features cannot take (4, 1): the last axis must have extent 4");
    }

    @Test
    void anEmptySequentialIsTheIdentity() {
        Tensor x = gaussian(2, 3);
        assertThat(Sequential.of().apply(x, Mode.TRAIN)).isSameAs(x);
    }
}
