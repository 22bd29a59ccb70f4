package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ModulesTest {

    private record Pair(Linear first, Linear second) {}

    private record Statistics(Tensor scale, @Buffer List<Tensor> pastMeans, double momentum) {}

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 3);

    @Test
    void namesAreComponentPathsInSnakeCase() {
        Tensor t = device.zeros(Shape.of(2));
        Object node = List.of(new Statistics(t, List.of(t.full(1), t.full(2)), 0.1), Optional.of(linear("a", true)));
        assertThat(Modules.state(node).keySet())
                .containsExactly("0.scale", "0.past_means.0", "0.past_means.1", "1.weight", "1.bias");
        assertThat(Modules.parameters(node).keySet()).containsExactly("0.scale", "1.weight", "1.bias");
        assertThat(Modules.buffers(node).keySet()).containsExactly("0.past_means.0", "0.past_means.1");
        assertThat(Modules.count(node)).isEqualTo(2 + 15 + 5);
    }

    @Test
    void aSequentialAddsNoNameButIndices() {
        record Node(Sequential body) {}
        Sequential body = Sequential.of(linear("a", false), Activation.RELU, new Flatten(), linear("b", false));
        assertThat(Modules.parameters(new Node(body)).keySet()).containsExactly("body.0.weight", "body.3.weight");
    }

    @Test
    void absentPartsHaveNoNames() {
        assertThat(Modules.state(new Pair(linear("a", false), null)).keySet()).containsExactly("first.weight");
    }

    @Test
    void aTensorReachedTwiceIsOneParameter() {
        Linear shared = linear("a", false);
        Pair pair = new Pair(shared, shared);
        assertThat(Modules.parameters(pair).keySet()).containsExactly("first.weight");
        Pair copy = Modules.copyOf(pair);
        assertThat(copy.first().weight()).isSameAs(copy.second().weight()).isNotSameAs(shared.weight());
    }

    @Test
    void aCopyHasTheSameValuesInItsOwnPersistentTensors() {
        ResNet network = ResNet.of(init, ResNet.Spec.ofDepth(10, 2, ResNet.Stem.CIFAR));
        ResNet copy;
        try (Scope _ = device.scope()) {
            copy = Modules.copyOf(network);
        }
        assertThat(Modules.state(copy).keySet()).containsExactlyElementsOf(Modules.state(network).keySet());
        Modules.state(network).forEach((name, tensor) -> {
            Tensor other = Modules.state(copy).get(name);
            assertThat(other).isNotSameAs(tensor);
            assertThat(other.doubles()).containsExactly(tensor.doubles());
        });
        network.conv1().weight().upload(new double[network.conv1().weight().size()]);
        assertThat(copy.conv1().weight().doubles()).isNotEqualTo(network.conv1().weight().doubles());
        assertThat(copy.pool()).isEqualTo(network.pool());
    }

    @Test
    void copyingValuesNeedsEqualNamesAndShapes() {
        Linear from = linear("a", true), to = linear("b", true);
        Modules.copyValues(from, to);
        assertThat(to.weight().doubles()).containsExactly(from.weight().doubles());
        assertThat(to.bias().orElseThrow().doubles()).containsExactly(from.bias().orElseThrow().doubles());
        assertThatThrownBy(() -> Modules.copyValues(linear("c", false), to)).hasMessage("copy: the source lacks bias");
        assertThatThrownBy(() -> Modules.copyValues(from, linear("c", false)))
                .hasMessage("copy: the target lacks bias");
        assertThatThrownBy(() -> Modules.copyValues(Linear.of(init, 3, 4, true), to))
                .hasMessage("copy: weight has shape (4, 3) in the source but (5, 3) here");
    }

    @Test
    void aLayerThatIsNoRecordIsRefused() {
        Layer lambda = (x, mode) -> x;
        assertThatThrownBy(() -> Modules.parameters(List.of(lambda)))
                .hasMessageStartingWith("'0': the parameters of class")
                .hasMessageEndingWith("cannot be found, because it is not a record");
        assertThatThrownBy(() -> Modules.copyOf(List.of(lambda))).hasMessageStartingWith("the parameters of class");
    }

    private Linear linear(String name, boolean bias) {
        return Linear.of(init.at(name), 3, 5, bias);
    }
}
