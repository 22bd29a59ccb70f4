package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.ParameterGroup;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FineTuneTest {

    private static final int[] LABELS = {2, 0, 1, 1, 2, 0, 0};
    private static final FineTune.Config CONFIG = new FineTune.Config("run", 1, false, 10);

    private static FineTune method(TaskNetwork network) {
        return new FineTune(CONFIG, network, LABELS, Networks.setup(network, 7, 3));
    }

    private static Views views(Tensor x, int... index) {
        return Views.of(x).withIndex(Networks.DEVICE.integers(Shape.of(index.length), index));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void isTheMeanCrossEntropyWithTheLabelsOfTheImages(int headLayers) {
        TaskNetwork network = Networks.task(4, headLayers, 3);
        Tensor x = Networks.images(3, 6);
        double[] logits = network.apply(x, Mode.TRAIN).doubles();
        int[] index = {6, 0, 3};
        double expected = 0;
        for (int i = 0; i < 3; i++) expected -= Networks.logSoftmax(logits, i, 3, 1)[LABELS[index[i]]] / 3;
        double loss = method(network).loss(views(x, index), new Step(Networks.DEVICE)).item();
        assertThat(loss).isCloseTo(expected, within(1e-12));
    }

    @Test
    void beginsAtTheChanceLevel() {
        TaskNetwork network = Networks.task(4, 1, 3);
        Modules.parameters(network.classifier()).values().forEach(p -> p.upload(new double[p.size()]));
        FineTune method = method(network);
        assertThat(method.loss(views(Networks.images(3, 6), 1, 2, 4), new Step(Networks.DEVICE)).item())
                .isCloseTo(Math.log(3), within(1e-14)).isCloseTo(method.chanceLevel(3), within(1e-14));
    }

    @Test
    void trainsEncoderHeadAndClassifier() {
        TaskNetwork network = Networks.task(4, 1, 3);
        FineTune method = method(network);
        try (Tape tape = Tape.watching(method.parameters().values())) {
            Gradients gradients = tape.gradients(
                    method.loss(views(Networks.images(3, 6), 1, 2, 4), new Step(Networks.DEVICE)));
            for (String name : List.of("encoder.conv1.weight", "head.layers.0.linear.weight", "classifier.weight",
                    "classifier.bias")) {
                double[] gradient = gradients.of(method.parameters().get(name)).doubles();
                assertThat(Arrays.stream(gradient).anyMatch(g -> g != 0)).as(name).isTrue();
            }
        }
    }

    @Test
    void trainsTheClassifierAtItsOwnRateAndOutOfReachOfLars() {
        FineTune method = method(Networks.task(4, 1, 3));
        List<ParameterGroup> groups = method.groups();
        assertThat(groups).hasSize(2);
        assertThat(groups.get(0).parameters().keySet()).noneMatch(name -> name.startsWith("classifier"));
        assertThat(groups.get(0).factor()).isEqualTo(1);
        assertThat(groups.get(0).plain()).isFalse();
        assertThat(groups.get(1).parameters()).containsOnlyKeys("classifier.weight", "classifier.bias");
        assertThat(groups.get(1).factor()).isEqualTo(10);
        assertThat(groups.get(1).plain()).isTrue();
        Set<String> all = new HashSet<>(groups.get(0).parameters().keySet());
        all.addAll(groups.get(1).parameters().keySet());
        assertThat(all).isEqualTo(method.parameters().keySet());
    }

    @Test
    void storesTheWholeNetwork() {
        FineTune method = method(Networks.task(4, 2, 3));
        assertThat(method.state().keySet()).isEqualTo(Modules.state(method.network()).keySet());
        assertThat(method.classifier()).contains(method.network());
        assertThat(method.encoder()).isSameAs(method.network().encoder());
    }

    @Test
    void refusesWhatCannotBeTrained() {
        TaskNetwork one = Networks.task(1, 0, 1);
        assertThatThrownBy(() -> new FineTune(CONFIG, one, new int[4], Networks.setup(one, 4, 2)))
                .isInstanceOf(UserError.class)
                .hasMessage("A classifier needs at least two classes, but the data have 1.");
        assertThatIllegalArgumentException().isThrownBy(() -> new FineTune.Config("", -1, false, 1))
                .withMessage("fromHead must be at least 0 but is -1");
        assertThatIllegalArgumentException().isThrownBy(() -> new FineTune.Config("", 0, false, 0))
                .withMessage("classifierRate must be a number > 0 but is 0.0");
    }
}
