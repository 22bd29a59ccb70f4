package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.augment.HorizontalFlip;
import invar.ssl.augment.Rearrange;
import invar.ssl.augment.Recipes;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.TrainConfig;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotNetTest extends MethodContract {

    RotNetTest() {
        super("rotnet", Map.of());
    }

    @Override
    protected String augment() {
        return "rotnet";
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            1.566010388921, 1.502178465081, 1.594324878562, 1.369119877123, 1.450409711932, 1.507558648769,
            1.544746902597, 1.401209747474, 1.445473605490, 1.369604143955};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of(), "none", 0.1);
    }

    private static final ResNet.Spec SPEC = ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL);

    /// −1/4N Σᵢ Σ_y log F^y(g(Xᵢ|y)), with images turned pixel by pixel and the softmax in loops.
    @ParameterizedTest
    @CsvSource({"1, 9", "2, 8", "5, 7"})
    void agreesWithThePaper(int images, int side) {
        try (Device device = Device.open("reference")) {
            Init init = new Init(device, 4);
            Tensor x = noise(device, images, side, 3);
            int size = 3 * side * side;
            float[] turned = new float[4 * images * size];
            for (int i = 0; i < images; i++) {
                for (int y = 0; y < 4; y++) {
                    Rearrange.rotate90(x.floats(), i * size, turned, (4 * i + y) * size, 3, side, y);
                }
            }
            ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
            Linear classifier = Linear.of(init.at("classifier"), encoder.features(), 4, true);
            double[] logits = classifier.apply(encoder.apply(
                    device.tensor(Shape.of(4 * images, 3, side, side), turned), Mode.TRAIN), Mode.TRAIN).doubles();
            double expected = 0;
            for (int row = 0; row < 4 * images; row++) {
                double sum = 0;
                for (int y = 0; y < 4; y++) sum += Math.exp(logits[4 * row + y]);
                expected -= Math.log(Math.exp(logits[4 * row + row % 4]) / sum) / (4 * images);
            }
            RotNet method = new RotNet(new RotNet.Config(), setup(init, images, side));
            assertThat(method.loss(Views.of(rounded(device, x)), new Step(device)).item())
                    .isCloseTo(expected, within(1e-12));
        }
    }

    /// To single precision, which the naive turn works in.
    private static Tensor rounded(Device device, Tensor x) {
        return device.tensor(x.shape(), x.floats());
    }

    private static Setup setup(Init init, int images, int side) {
        ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
        return new Setup(encoder, encoder.features(), 2 * images, 0, side, images, 2, 6, init);
    }

    @Test
    void trainsEncoderAndClassifier() {
        try (Device device = Device.open("reference")) {
            RotNet method = new RotNet(new RotNet.Config(), setup(new Init(device, 4), 3, 8));
            assertThat(method.parameters().keySet()).contains("encoder.conv1.weight", "classifier.weight",
                    "classifier.bias").allMatch(name -> name.matches("(encoder|classifier)[.].*"));
            assertThat(method.state().keySet()).contains("encoder.bn1.running_mean");
            assertThat(method.chanceLevel(3)).isEqualTo(Math.log(4));
        }
    }

    /// The trap of flips after the turn: here the method turns, so all flips come before.
    @Test
    void turnsAfterTheFlip() {
        assertThat(Recipes.rotNet(32).views().getFirst().steps()).contains(new HorizontalFlip(0.5));
        for (String preset : new String[] {"paper", "cifar", ""}) {
            Optional<String> named = preset.isEmpty() ? Optional.empty() : Optional.of(preset);
            assertThat(ConfigFile.resolve(null, named, Map.of("method", "rotnet", "data", "shapes")).augment())
                    .isEqualTo("rotnet");
        }
    }
}
