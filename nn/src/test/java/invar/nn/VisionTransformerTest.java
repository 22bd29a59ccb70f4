package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.ContractionOp;
import invar.core.Device;
import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.testkit.GradCheck;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VisionTransformerTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 2);

    private static Tensor images(Init from, int count, int height, int width) {
        return from.tensor("x", new Initializer.Normal(1), Shape.of(count, 3, height, width));
    }

    private VisionTransformer network(int side, int patch, int width, int depth, int heads) {
        return VisionTransformer.of(init, new VisionTransformer.Spec(side, patch, width, depth, heads));
    }

    /// 22 050 664 values of timm's deit_small and 5 717 416 of deit_tiny, less their classifiers of 1000 classes.
    @ParameterizedTest
    @CsvSource({"384, 6, 22050664", "192, 3, 5717416"})
    void hasTimmsParameters(int width, int heads, long published) {
        VisionTransformer one = network(224, 16, width, 1, heads), two = network(224, 16, width, 2, heads);
        long block = Modules.count(two) - Modules.count(one);
        assertThat(Modules.count(one) + 11 * block).isEqualTo(published - 1000L * (width + 1));
        assertThat(Modules.parameters(one).keySet()).contains("cls_token", "pos_embed", "patch_embed.proj.weight",
                "patch_embed.proj.bias", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc2.bias", "norm.weight");
        assertThat(Modules.buffers(one)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "3, 4, 9, 5", "2, 5, 17, 12", "2, 7, 7, 31", "1, 2, 33, 3"})
    void patchesAreAConvolutionOfTheirStride(int images, int patch, int height, int width) {
        Tensor weight = init.tensor("w", new Initializer.Normal(1), Shape.of(5, 3, patch, patch));
        Tensor bias = init.tensor("b", new Initializer.Normal(1), Shape.of(5)), x = images(init, images, height, width);
        Conv2d conv = new Conv2d(weight, Optional.of(bias), ContractionOp.Conv2d.of(patch, 0));
        Tensor map = conv.apply(x, Mode.EVAL);                                                // (N, D, h, w)
        double[] expected = map.reshape(images, 5, -1).permute(0, 2, 1).doubles();
        double[] actual = new PatchEmbedding(conv).apply(x, Mode.EVAL).doubles();
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) assertThat(actual[i]).isCloseTo(expected[i], within(1e-12));
    }

    /// 9 pixels leave a remainder; 12 × 4 and 5 × 12 need other positions than the network has. Class token, positions
    /// and weights are of order 1 here: those of the start are so small that a difference of 1e-5 is not.
    @ParameterizedTest
    @CsvSource({"9, 9, 9", "9, 8, 8", "8, 9, 9", "4, 5, 12", "12, 4, 4"})
    void gradientsAreThoseOfFiniteDifferences(int side, int height, int width) {
        VisionTransformer network = network(side, 4, 6, 2, 3);
        Modules.parameters(network).forEach((name, p) -> {
            if (name.matches("cls_token|pos_embed")) p.upload(p.scale(50).doubles());
            if (name.matches("blocks.*(qkv|proj|fc1|fc2).weight")) p.upload(p.scale(10).doubles());
        });
        List<Tensor> all = new ArrayList<>(List.of(images(init, 2, height, width)));
        all.addAll(Modules.parameters(network).values());
        assertThat(GradCheck.worst(in -> network.apply(in[0], Mode.TRAIN), 2, 5, all.toArray(Tensor[]::new)))
                .isLessThan(1e-6);
    }

    @ParameterizedTest
    @CsvSource({"1, 8, 8, 8", "3, 9, 17, 9", "2, 17, 12, 31", "5, 33, 33, 33"})
    void givesTheSameOnTheCpu(int count, int side, int height, int width) {
        Map<String, double[]> expected = valueAndGradients("reference", count, side, height, width);
        Map<String, double[]> actual = valueAndGradients("cpu", count, side, height, width);
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, values) -> {
            double size = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum() / values.length);
            for (int i = 0; i < values.length; i++) {
                assertThat(actual.get(name)[i]).as("%s[%d]", name, i).isCloseTo(values[i], within(2e-5 * size + 1e-6));
            }
        });
    }

    private static Map<String, double[]> valueAndGradients(String name, int count, int side, int height, int width) {
        Init from = new Init(Devices.of(name), 2);
        VisionTransformer network = VisionTransformer.of(from, new VisionTransformer.Spec(side, 4, 15, 2, 3));
        Map<String, Tensor> parameters = Modules.parameters(network);
        Map<String, double[]> values = new LinkedHashMap<>();
        try (Tape tape = Tape.watching(parameters.values())) {
            Tensor y = network.apply(images(from, count, height, width), Mode.TRAIN);
            values.put("y", y.doubles());
            Gradients gradients = tape.gradients(y.square().mul(y).sum());
            parameters.forEach((key, tensor) -> values.put(key, gradients.of(tensor).doubles()));
        }
        return values;
    }

    /// The weights of PyTorch's bicubic kernel a quarter away from an input; beyond the ends the last input repeats.
    @Test
    void twiceAsManyPositionsLieAtQuarters() {
        double a = -0.10546875, b = 0.87890625, c = 0.26171875, d = -0.03515625;
        assertThat(Bicubic.axis(4, 8)).isDeepEqualTo(new double[][] {
            {d + c + b, a, 0, 0}, {a + b, c, d, 0}, {d + c, b, a, 0}, {a, b, c, d}, {d, c, b, a}, {0, a, b, c + d},
            {0, d, c, b + a}, {0, 0, a, b + c + d}});
    }

    @ParameterizedTest
    @CsvSource({"1, 5", "7, 3", "14, 6", "3, 7", "9, 9"})
    void interpolationKeepsConstantsAndReflections(int from, int to) {
        double[][] weights = Bicubic.axis(from, to);
        for (int i = 0; i < to; i++) {
            assertThat(Arrays.stream(weights[i]).sum()).isCloseTo(1, within(1e-14));
            for (int j = 0; j < from; j++) {
                assertThat(weights[to - 1 - i][from - 1 - j]).isCloseTo(weights[i][j], within(1e-14));
                if (from == to) assertThat(weights[i][j]).isEqualTo(i == j ? 1 : 0);
            }
        }
    }

    /// A grid whose vectors depend on the row alone, seen with more rows, fewer columns.
    @Test
    void positionsAreInterpolatedRowByRowAndColumnByColumn() {
        VisionTransformer network = network(12, 4, 2, 1, 1);                                  // 3 × 3 patches
        double[] values = new double[2 * 10];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++) {
                values[2 * (1 + 3 * row + column)] = row * row + 1;
                values[2 * (1 + 3 * row + column) + 1] = 10 * column;
            }
        }
        values[0] = 77;
        network.posEmbed().upload(values);
        assertThat(network.positions(3, 3)).isSameAs(network.posEmbed());
        double[] found = network.positions(5, 2).doubles();
        assertThat(found).hasSize(2 * 11).startsWith(77, 0);
        double[][] down = Bicubic.axis(3, 5), across = Bicubic.axis(3, 2);
        for (int row = 0; row < 5; row++) {
            for (int column = 0; column < 2; column++) {
                double[] r = down[row], c = across[column];
                assertThat(found[2 * (1 + 2 * row + column)]).isCloseTo(r[0] + 2 * r[1] + 5 * r[2], within(1e-12));
                assertThat(found[2 * (1 + 2 * row + column) + 1]).isCloseTo(10 * c[1] + 20 * c[2], within(1e-12));
            }
        }
    }

    /// The order of the patches matters, because each has a position.
    @Test
    void knowsWhereAPatchLies() {
        VisionTransformer network = network(8, 4, 6, 2, 3);
        Tensor x = images(init, 1, 8, 8);
        Tensor turned = x.slice(3, 4, 8).concat(3, x.slice(3, 0, 4));                         // halves exchanged
        assertThat(network.apply(turned, Mode.EVAL).doubles()[0])
                .isNotCloseTo(network.apply(x, Mode.EVAL).doubles()[0], within(1e-6));
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> network(3, 4, 6, 1, 1))
                .hasMessage("an image of 3 pixels is smaller than a patch of 4");
        assertThatThrownBy(() -> network(8, 4, 7, 1, 2))
                .hasMessage("the width of a vision transformer must be a multiple of its 2 heads but is 7");
        assertThatThrownBy(() -> network(1024, 1, 6, 1, 1))
                .hasMessage("an image may have 65536 patches but has 1048576");
        assertThatThrownBy(() -> network(8, 4, 6, 0, 1)).hasMessageContaining("must be at least 1");
        assertThatThrownBy(() -> network(8, 4, 6, 1, 1).apply(images(init, 1, 3, 8), Mode.EVAL))
                .hasMessage("patches of 3 channels and 4 × 4 pixels cannot be cut from (1, 3, 3, 8)");
        assertThatThrownBy(() -> new PatchEmbedding(new Conv2d(init.tensor("w", Initializer.ONES, Shape.of(5, 3, 4, 4)),
                Optional.empty(), ContractionOp.Conv2d.of(2, 0)))).hasMessageContaining("lie side by side");
    }
}
