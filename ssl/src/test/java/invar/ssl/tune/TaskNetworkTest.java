package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.train.Encoders;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskNetworkTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void givesAllClassesTheSameLogitAtFirst(int headLayers) {
        Encoders.Encoder encoder = Encoders.make(Networks.RESNET, Networks.SIDE, Networks.DEVICE, 3);
        Optional<Mlp> head = headLayers == 0 ? Optional.empty() : Optional.of(
                Mlp.simClr(new Init(Networks.DEVICE, 3), encoder.features(), 5, 3).first(headLayers));
        TaskNetwork network = TaskNetwork.of(new Init(Networks.DEVICE, 3), encoder.network(), encoder.features(), head,
                7);
        assertThat(network.apply(Networks.images(3, 1), Mode.TRAIN).doubles()).hasSize(21).containsOnly(0);
        assertThat(network.headLayers()).isEqualTo(headLayers);
        assertThat(network.classes()).isEqualTo(7);
    }

    /// With γ = 1, β = 0, and the mean 0 and variance 1 that running statistics start with: W ReLU(W⁽¹⁾ h / √(1 + ε)).
    @Test
    void appliesTheClassifierAfterTheReluOfTheHeadsFirstLayer() {
        TaskNetwork network = Networks.task(5, 1, 3);
        Tensor x = Networks.images(2, 2);
        Tensor h = network.encoder().apply(x, Mode.EVAL);
        double[] rows = h.doubles(), w1 = network.head().orElseThrow().layers().getFirst().linear().weight().doubles();
        double[] w = network.classifier().weight().doubles();
        double[] b = network.classifier().bias().orElseThrow().doubles();
        double[] logits = network.apply(x, Mode.EVAL).doubles();
        int f = h.dim(1), hidden = 5, classes = 3;
        for (int i = 0; i < 2; i++) {
            double[] a = new double[hidden];
            for (int j = 0; j < hidden; j++) {
                for (int k = 0; k < f; k++) a[j] += w1[j * f + k] * rows[i * f + k];
                a[j] = Math.max(0, a[j] / Math.sqrt(1 + 1e-5));
            }
            for (int c = 0; c < classes; c++) {
                double y = b[c];
                for (int j = 0; j < hidden; j++) y += w[c * hidden + j] * a[j];
                assertThat(logits[i * classes + c]).isCloseTo(y, within(1e-12));
            }
        }
    }

    @Test
    void isNamedByItsParts() {
        assertThat(Modules.state(Networks.task(1, 1, 2)).keySet()).contains("encoder.conv1.weight",
                "encoder.bn1.running_mean", "head.layers.0.linear.weight", "head.layers.0.norm.running_var",
                "classifier.weight", "classifier.bias").noneMatch(name -> name.startsWith("head.layers.1"));
    }
}
