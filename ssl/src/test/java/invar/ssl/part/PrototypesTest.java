package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrototypesTest {

    private static final Device DEVICE = Device.open("reference");

    @Test
    void areComparedByDotProducts() {
        Prototypes prototypes = new Prototypes(DEVICE.tensor(Shape.of(3, 2), 1, 0, 0, 1, 0.6, 0.8));
        Tensor z = DEVICE.tensor(Shape.of(1, 2), 0.8, -0.6);
        assertThat(prototypes.scores(z).doubles()).containsExactly(new double[] {0.8, -0.6, 0}, within(1e-15));
        assertThat(prototypes.constantScores(z).doubles()).isEqualTo(prototypes.scores(z).doubles());
    }

    @Test
    void haveUnitLengthAfterBeingNormalized() {
        Prototypes prototypes = new Prototypes(DEVICE.tensor(Shape.of(2, 2), 3, 4, 0, -0.5));
        prototypes.normalize();
        assertThat(prototypes.weight().doubles()).containsExactly(new double[] {0.6, 0.8, 0, -1}, within(1e-15));
    }

    @Test
    void areAConstantWhereAskedFor() {
        Prototypes prototypes = new Prototypes(DEVICE.tensor(Shape.of(2, 2), 3, 4, 0, -0.5));
        Tensor z = DEVICE.tensor(Shape.of(1, 2), 0.8, -0.6);
        try (Tape tape = Tape.watching(prototypes.weight(), z)) {
            prototypes.constantScores(z);
            assertThat(tape.size()).isZero();
            prototypes.scores(z);
            assertThat(tape.size()).isOne();
        }
    }

    @Test
    void areAGroupThatIsFrozenAtFirst() {
        Prototypes prototypes = new Prototypes(DEVICE.zeros(Shape.of(2, 2)));
        Map<String, Tensor> all = new LinkedHashMap<>(Modules.parameters(prototypes));
        Tensor other = DEVICE.zeros(Shape.of(3));
        all.put("other", other);
        List<ParameterGroup> groups = prototypes.groups(all, 7);
        assertThat(groups).extracting(ParameterGroup::frozen).containsExactly(0L, 7L);
        assertThat(groups.get(0).parameters()).containsOnly(Map.entry("other", other));
        assertThat(groups.get(1).parameters()).containsOnly(Map.entry("weight", prototypes.weight()));
    }

    @Test
    void areAtMostAsManyAsImages() {
        assertThat(Prototypes.of(setup(9), 5, 9).weight().shape()).isEqualTo(Shape.of(9, 5));
        assertThatThrownBy(() -> Prototypes.of(setup(8), 5, 9)).isInstanceOf(UserError.class)
                .hasMessage("The setting prototypes is 9, but it must be at most the number of training images, which "
                        + "is 8.");
    }

    private static Setup setup(int images) {
        Init init = new Init(DEVICE, 4);
        ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 1, ResNet.Stem.SMALL));
        return new Setup(encoder, encoder.features(), images, 0, 8, 4, 2, 6, init);
    }
}
