package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.UserError;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassifierTest {

    private static final Device DEVICE = Device.open("reference");

    private static Setup setup(int classes) {
        Init init = new Init(DEVICE, 4);
        ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 1, ResNet.Stem.SMALL));
        return new Setup(encoder, encoder.features(), 9, classes, 8, 4, 2, 6, init);
    }

    private static Tensor images() {
        Philox random = new Philox(1, 0);
        return DEVICE.tensor(Shape.of(5, 3, 8, 8),
                IntStream.range(0, 5 * 3 * 64).mapToDouble(i -> random.nextGaussian()).toArray());
    }

    @Test
    void asideHasTheSameValueAndGradientAndOtherStatistics() {
        Classifier classifier = Classifier.over(setup(3)), aside = classifier.aside();
        Map<String, double[]> before = values(Modules.buffers(classifier));
        double[] expected;
        try (Tape tape = Tape.watching(Modules.parameters(classifier).values())) {
            Tensor logits = aside.apply(images(), Mode.TRAIN);
            Gradients gradients = tape.gradients(logits.square().sum());
            Modules.parameters(classifier).forEach((name, p) -> assertThat(gradients.reach(p)).as(name).isTrue());
            expected = logits.doubles();
        }
        assertThat(values(Modules.buffers(classifier))).usingRecursiveComparison().isEqualTo(before);
        assertThat(classifier.apply(images(), Mode.TRAIN).doubles()).containsExactly(expected);
        assertThat(values(Modules.buffers(classifier))).usingRecursiveComparison().isNotEqualTo(before);
        assertThat(values(Modules.buffers(classifier))).usingRecursiveComparison()
                .isEqualTo(values(Modules.buffers(aside)));
        assertThat(Modules.parameters(aside)).isEqualTo(Modules.parameters(classifier));
    }

    @Test
    void anAverageFollowsParametersAndStatistics() {
        AveragedClassifier networks = AveragedClassifier.over(setup(3));
        Map<String, Tensor> trained = Modules.state(networks.trained()), average = Modules.state(networks.average());
        assertThat(values(average)).usingRecursiveComparison().isEqualTo(values(trained));
        trained.forEach((name, tensor) -> tensor.upload(tensor.plus(1).doubles()));
        Map<String, double[]> old = values(average), now = values(trained);
        networks.follow(DEVICE.scalar(0.75));
        values(average).forEach((name, values) -> {
            for (int i = 0; i < values.length; i++) {
                assertThat(values[i]).as(name).isCloseTo(0.75 * old.get(name)[i] + 0.25 * now.get(name)[i],
                        within(1e-15));
            }
        });
        assertThat(average.keySet()).contains("encoder.bn1.running_mean", "linear.bias");
        assertThat(networks.parameters().keySet()).contains("trained.linear.weight")
                .allMatch(name -> name.startsWith("trained.")).noneMatch(name -> name.contains("running"));
        assertThat(networks.state()).hasSize(2 * average.size());
    }

    @Test
    void refusesDataThatAreAllOfOneClass() {
        assertThatThrownBy(() -> Classifier.over(setup(1))).isInstanceOf(UserError.class)
                .hasMessageContaining("needs at least two, but the data have 1.");
    }

    private static Map<String, double[]> values(Map<String, Tensor> tensors) {
        Map<String, double[]> values = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> values.put(name, tensor.doubles()));
        return values;
    }
}
