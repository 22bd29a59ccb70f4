package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class MlpTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 4);
    private final Tensor x = init.tensor("x", new Initializer.Normal(1), Shape.of(7, 5));

    @Test
    void simClrsHeadHasNoBiasesAndNoLastShift() {
        Mlp head = Mlp.simClr(init, 5, 9, 3);
        assertThat(Modules.parameters(head).keySet()).containsExactly("layers.0.linear.weight", "layers.0.norm.weight",
                "layers.0.norm.bias", "layers.1.linear.weight", "layers.1.norm.weight");
        Tensor z = head.apply(x, Mode.TRAIN);
        assertThat(z.shape()).isEqualTo(Shape.of(7, 3));
        assertThat(z.mean(0).doubles()).containsExactly(new double[3], within(1e-12));
        assertThat(head.features()).isEqualTo(3);
    }

    @Test
    void everyPartCanBeChosen() {
        Mlp bare = Mlp.of(init, Mlp.Spec.of(5, 4, 2).withoutHiddenNorm().withHiddenBias(true).withOutputBias(false)
                .withActivation(Activation.GELU).withWeights(new Initializer.Constant(0.5)));
        assertThat(Modules.state(bare).keySet())
                .containsExactly("layers.0.linear.weight", "layers.0.linear.bias", "layers.1.linear.weight");
        assertThat(bare.layers().getFirst().activation()).contains(Activation.GELU);
        assertThat(bare.layers().getLast().activation()).isEmpty();
        assertThat(bare.layers().getFirst().linear().bias().orElseThrow().doubles()).containsOnly(0);
        double[] expected = x.matmulT(device.full(Shape.of(4, 5), 0.5)).gelu().sum(1).scale(0.5).doubles();
        assertThat(bare.apply(x, Mode.TRAIN).slice(1, 1, 2).doubles()).containsExactly(expected, within(1e-12));

        Mlp simSiam = Mlp.of(init, Mlp.Spec.of(5, 4, 2).withHiddenNorm(BatchNorm.Affine.SCALE)
                .withOutputNorm(BatchNorm.Affine.NONE));
        assertThat(Modules.parameters(simSiam).keySet()).containsExactly(
                "layers.0.linear.weight", "layers.0.norm.weight", "layers.1.linear.weight", "layers.1.linear.bias");
    }

    @Test
    void geluAfterBatchNormIsApplied() {
        Mlp head = Mlp.of(init, Mlp.Spec.of(5, 4, 2).withActivation(Activation.GELU));
        Mlp.Stage stage = head.layers().getFirst();
        assertThat(stage.activation()).contains(Activation.GELU);
        Tensor expected = stage.norm().orElseThrow().apply(x.matmulT(stage.linear().weight()), Mode.TRAIN).gelu();
        assertThat(stage.apply(x, Mode.TRAIN).doubles()).containsExactly(expected.doubles());
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        Mlp head = Mlp.of(init, Mlp.Spec.of(5, 9, 4, 3).withHiddenBias(true));
        List<Tensor> all = new ArrayList<>(List.of(x));
        all.addAll(Modules.parameters(head).values());
        assertThat(GradCheck.worst(in -> head.apply(in[0], Mode.TRAIN), 2, 3, all.toArray(Tensor[]::new)))
                .isLessThan(1e-7);
    }

    @Test
    void theFirstLayersAreTheSameLayers() {
        Mlp head = Mlp.simClr(init, 5, 9, 4, 3), first = head.first(1);
        assertThat(first.features()).isEqualTo(9);
        assertThat(first.layers().getFirst().linear().weight()).isSameAs(head.layers().getFirst().linear().weight());
        double[] hidden = first.apply(x, Mode.EVAL).doubles();
        assertThat(Arrays.stream(hidden)).allMatch(v -> v >= 0);                   // after ReLU, as SimCLR v2 has it
    }

    @Test
    void refusesAHeadWithoutLayers() {
        assertThatThrownBy(() -> Mlp.Spec.of(5))
                .hasMessage("a head needs at least the widths of its input and output: [5]");
        assertThatThrownBy(() -> Mlp.Spec.of(5, 0)).hasMessage("the widths of a head must be at least 1: [5, 0]");
        assertThat(Mlp.of(init, Mlp.Spec.of(5, 3)).layers().getFirst().norm()).isEqualTo(Optional.empty());
    }
}
