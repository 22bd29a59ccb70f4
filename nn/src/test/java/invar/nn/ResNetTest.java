package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResNetTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 2);

    private Tensor images(int count, int channels, int size) {
        return init.tensor("x", new Initializer.Normal(1), Shape.of(count, channels, size, size));
    }

    /// The last feature map of a 32-pixel image: the stem's stride, then three times 2.
    @ParameterizedTest
    @CsvSource({"CIFAR, 10, 16, 4", "SMALL, 10, 16, 2", "IMAGENET, 10, 16, 1", "SMALL, 14, 64, 2", "SMALL, 18, 16, 2"})
    void stemsAndDepthsGiveTheirFeatureMaps(ResNet.Stem stem, int depth, int features, int size) {
        ResNet network = ResNet.of(init, ResNet.Spec.ofDepth(depth, 2, stem));
        Tensor x = images(1, 3, 32);
        assertThat(network.features()).isEqualTo(features);
        assertThat(network.featureMap(x, Mode.EVAL).shape()).isEqualTo(Shape.of(1, features, size, size));
        assertThat(network.apply(x, Mode.EVAL).shape()).isEqualTo(Shape.of(1, features));
    }

    /// torchvision's resnet18 has 11 689 512 parameters, of which its classifier has 513 000.
    @Test
    void resNet18HasTorchvisionsParameters() {
        ResNet network = ResNet.of(init, ResNet.Spec.ofDepth(18, 64, ResNet.Stem.IMAGENET));
        assertThat(Modules.count(network)).isEqualTo(11_689_512 - 513_000);
        assertThat(network.features()).isEqualTo(512);
        assertThat(Modules.state(network).keySet())
                .startsWith("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var")
                .contains("layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_mean", "layer4.1.bn2.bias")
                .doesNotContain("layer1.0.downsample.0.weight", "layer2.1.downsample.0.weight")
                .hasSize(100);
    }

    /// torchvision's resnet50 has 53 convolutions and as many batch norms; with the width w its encoder has
    /// a w² + b w values, so two small widths give the known 23 508 032 of width 64.
    @Test
    void resNet50HasTorchvisionsParameters() {
        long one = count50(1), two = count50(2), square = (two - 2 * one) / 2, linear = one - square;
        assertThat(64 * 64 * square + 64 * linear).isEqualTo(25_557_032 - 2_049_000);
        assertThat(count50(3)).isEqualTo(9 * square + 3 * linear);
    }

    private long count50(int width) {
        return Modules.count(ResNet.of(init, ResNet.Spec.ofDepth(50, width, ResNet.Stem.IMAGENET)));
    }

    @Test
    void zeroInitResidualMakesEveryBlockTheIdentityAtFirst() {
        for (ResNet.Kind kind : ResNet.Kind.values()) {
            ResNet.Spec spec = ResNet.Spec.of(kind, List.of(2, 1, 1, 1), 2, ResNet.Stem.CIFAR)
                    .withZeroInitResidual(true);
            ResNet.Block block = ResNet.of(init, spec).layer1().get(1);
            Tensor x = images(2, block.outChannels(), 5).relu();
            assertThat(block.apply(x, Mode.TRAIN).doubles()).containsExactly(x.doubles());
            ResNet.Block usual = ResNet.of(init, spec.withZeroInitResidual(false)).layer1().get(1);
            assertThat(usual.apply(x, Mode.TRAIN).doubles()).isNotEqualTo(x.doubles());
        }
    }

    @Test
    void greyImagesHaveOneChannel() {
        ResNet network = ResNet.of(init, ResNet.Spec.ofDepth(10, 3, ResNet.Stem.SMALL).withChannels(1));
        assertThat(network.apply(images(2, 1, 28), Mode.TRAIN).shape()).isEqualTo(Shape.of(2, 24));
    }

    @Test
    void refusesDepthsAndShapesThereAreNot() {
        assertThatThrownBy(() -> ResNet.Spec.ofDepth(20, 64, ResNet.Stem.CIFAR))
                .hasMessage("there is no ResNet-20: depths are 10, 14, 18, 26, 34, 50, 101, 152");
        assertThatThrownBy(() -> ResNet.Spec.of(ResNet.Kind.BASIC, List.of(2, 2, 2), 64, ResNet.Stem.CIFAR))
                .hasMessage("a ResNet has four stages of at least one block each, not [2, 2, 2]");
        assertThatThrownBy(() -> ResNet.Spec.ofDepth(18, 0, ResNet.Stem.CIFAR))
                .hasMessage("width and channels of a ResNet must be at least 1 but are 0 and 3");
    }
}
