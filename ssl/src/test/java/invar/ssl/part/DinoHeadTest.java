package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DinoHeadTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 6);

    private DinoHead head(boolean batchNorm, boolean lengths) {
        DinoHead head = DinoHead.of(init, new DinoHead.Spec(5, 9, 3, 7, batchNorm, lengths));
        Modules.parameters(head.mlp()).forEach((name, p) -> {                // of order 1, so that differences are fine
            if (name.endsWith("linear.weight")) p.upload(p.scale(30).doubles());
        });
        return head;
    }

    private Tensor features(int rows) {
        return init.tensor("h", new Initializer.Normal(1), Shape.of(rows, 5));
    }

    @Test
    void logitsAreCosinesOfTheBottleneckAndOfTheRows() {
        DinoHead head = head(false, false);
        Tensor h = features(4);
        double[] z = head.mlp().apply(h, Mode.TRAIN).doubles(), v = head.lastLayer().weightV().doubles();
        double[] y = head.apply(h, Mode.TRAIN).doubles(), unit = head.bottleneck(h, Mode.TRAIN).doubles();
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 3; j++) assertThat(unit[3 * i + j]).isCloseTo(z[3 * i + j] / norm(z, i), within(1e-14));
            for (int k = 0; k < 7; k++) {
                double dot = 0;
                for (int j = 0; j < 3; j++) dot += z[3 * i + j] * v[3 * k + j];
                assertThat(y[7 * i + k]).isCloseTo(dot / (norm(z, i) * norm(v, k)), within(1e-14));
            }
        }
    }

    private static double norm(double[] rows, int i) {
        return Math.sqrt(rows[3 * i] * rows[3 * i] + rows[3 * i + 1] * rows[3 * i + 1] + rows[3 * i + 2]
                * rows[3 * i + 2]);
    }

    @Test
    void lengthsScaleTheirOutputAndStartAtOne() {
        DinoHead fixed = head(false, false), free = head(false, true);
        Tensor h = features(2), g = free.lastLayer().weightG().orElseThrow();
        assertThat(free.apply(h, Mode.TRAIN).doubles()).containsExactly(fixed.apply(h, Mode.TRAIN).doubles());
        g.upload(1, 1, 3, 1, 1, 1, 0.5);
        double[] before = fixed.apply(h, Mode.TRAIN).doubles(), after = free.apply(h, Mode.TRAIN).doubles();
        assertThat(after[2]).isCloseTo(3 * before[2], within(1e-15));
        assertThat(after[6]).isCloseTo(0.5 * before[6], within(1e-15));
        assertThat(after[3]).isEqualTo(before[3]);
    }

    @Test
    void namesItsLastLayerAsTheOfficialCodeDoes() {
        assertThat(Modules.parameters(head(false, true)).keySet()).containsExactly("mlp.layers.0.linear.weight",
                "mlp.layers.0.linear.bias", "mlp.layers.1.linear.weight", "mlp.layers.1.linear.bias",
                "mlp.layers.2.linear.weight", "mlp.layers.2.linear.bias", "last_layer.weight_v", "last_layer.weight_g");
        assertThat(Modules.parameters(head(true, false)).keySet())
                .contains("mlp.layers.1.norm.weight", "mlp.layers.1.linear.bias")
                .doesNotContain("mlp.layers.2.norm.weight", "last_layer.weight_g");
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void gradientsAreThoseOfFiniteDifferences(boolean batchNorm, boolean lengths) {
        DinoHead head = head(batchNorm, lengths);
        List<Tensor> all = new ArrayList<>(List.of(features(5)));
        all.addAll(Modules.parameters(head).values());
        assertThat(GradCheck.worst(in -> head.apply(in[0], Mode.TRAIN), 2, 5, all.toArray(Tensor[]::new)))
                .isLessThan(1e-6);
    }
}
