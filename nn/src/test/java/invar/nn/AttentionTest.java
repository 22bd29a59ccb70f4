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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Attention and the blocks made of it.
final class AttentionTest {

    private static final Initializer WIDE = new Initializer.Normal(0.7);       // far from uniform attention

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 3);

    private Tensor gaussian(String name, int... extents) {
        return init.tensor(name, new Initializer.Normal(1), Shape.of(extents));
    }

    /// With biases that are not 0.
    private Attention attention(int width, int heads) {
        Attention fresh = Attention.of(init.at("attn"), width, heads, WIDE);
        return new Attention(new Linear(fresh.qkv().weight(), Optional.of(gaussian("a", 3 * width))),
                new Linear(fresh.proj().weight(), Optional.of(gaussian("b", width))), heads);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "2, 3, 4, 2", "3, 5, 9, 3", "1, 17, 7, 7", "2, 2, 31, 1"})
    void agreesWithNaiveLoops(int images, int tokens, int width, int heads) {
        Attention layer = attention(width, heads);
        Tensor x = gaussian("x", images, tokens, width);
        double[] y = layer.apply(x, Mode.EVAL).doubles(), all = x.doubles();
        for (int n = 0; n < images; n++) {
            double[][] rows = new double[tokens][];
            for (int t = 0; t < tokens; t++) {
                rows[t] = Arrays.copyOfRange(all, (n * tokens + t) * width, (n * tokens + t + 1) * width);
            }
            double[][] expected = naive(layer, rows);
            for (int t = 0; t < tokens; t++) {
                for (int j = 0; j < width; j++) {
                    assertThat(y[(n * tokens + t) * width + j]).isCloseTo(expected[t][j], within(1e-11));
                }
            }
        }
    }

    /// Sec. 3.2 of the paper for the tokens of one image, one head after the other.
    private static double[][] naive(Attention layer, double[][] x) {
        int tokens = x.length, width = x[0].length, d = width / layer.heads();
        double[][] qkv = affine(layer.qkv(), x), joined = new double[tokens][width];
        for (int h = 0; h < layer.heads(); h++) {
            int q = h * d, k = width + h * d, v = 2 * width + h * d;
            for (int t = 0; t < tokens; t++) {
                double[] weight = new double[tokens];
                double sum = 0;
                for (int s = 0; s < tokens; s++) {
                    double dot = 0;
                    for (int j = 0; j < d; j++) dot += qkv[t][q + j] * qkv[s][k + j];
                    weight[s] = Math.exp(dot / Math.sqrt(d));
                    sum += weight[s];
                }
                for (int s = 0; s < tokens; s++) {
                    for (int j = 0; j < d; j++) joined[t][h * d + j] += weight[s] / sum * qkv[s][v + j];
                }
            }
        }
        return affine(layer.proj(), joined);
    }

    private static double[][] affine(Linear linear, double[][] x) {
        int out = linear.weight().dim(0), in = linear.weight().dim(1);
        double[] w = linear.weight().doubles(), b = linear.bias().orElseThrow().doubles();
        double[][] y = new double[x.length][out];
        for (int t = 0; t < x.length; t++) {
            for (int o = 0; o < out; o++) {
                y[t][o] = b[o];
                for (int i = 0; i < in; i++) y[t][o] += w[o * in + i] * x[t][i];
            }
        }
        return y;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2, 1", "2, 5, 6, 3", "3, 2, 9, 1"})
    void gradientsAreThoseOfFiniteDifferences(int images, int tokens, int width, int heads) {
        for (Layer layer : List.of(attention(width, heads), TransformerBlock.of(init, width, heads, WIDE))) {
            List<Tensor> all = new ArrayList<>(List.of(gaussian("x", images, tokens, width)));
            all.addAll(Modules.parameters(layer).values());
            assertThat(GradCheck.worst(in -> layer.apply(in[0], Mode.TRAIN), 2, 5, all.toArray(Tensor[]::new)))
                    .as("%s", layer.getClass()).isLessThan(1e-7);
        }
    }

    /// Nothing says where a token stands.
    @Test
    void tokensInAnotherOrderGiveTheSameInThatOrder() {
        Tensor x = gaussian("x", 1, 5, 6);
        Tensor order = device.integers(Shape.of(5), 3, 0, 4, 1, 2);
        Layer block = TransformerBlock.of(init, 6, 2, WIDE);
        Tensor moved = x.reshape(5, 6).gather(order).reshape(1, 5, 6);
        double[] expected = block.apply(x, Mode.EVAL).reshape(5, 6).gather(order).doubles();
        double[] actual = block.apply(moved, Mode.EVAL).doubles();
        for (int i = 0; i < expected.length; i++) assertThat(actual[i]).isCloseTo(expected[i], within(1e-12));
    }

    @Test
    void imagesDoNotSeeEachOther() {
        Tensor x = gaussian("x", 3, 5, 6);
        Layer block = TransformerBlock.of(init, 6, 3, WIDE);
        double[] together = block.apply(x, Mode.TRAIN).doubles();
        double[] alone = block.apply(x.rows(1, 2), Mode.TRAIN).doubles();
        IntStream.range(0, alone.length)
                .forEach(i -> assertThat(together[alone.length + i]).isCloseTo(alone[i], within(1e-13)));
    }

    @Test
    void namesItsParametersAsTimmDoes() {
        assertThat(Modules.parameters(TransformerBlock.of(init, 6, 2, WIDE)).keySet()).containsExactly(
                "norm1.weight", "norm1.bias", "attn.qkv.weight", "attn.qkv.bias", "attn.proj.weight",
                "attn.proj.bias", "norm2.weight", "norm2.bias", "mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight",
                "mlp.fc2.bias");
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> Attention.of(init, 7, 2, WIDE)).hasMessage("2 heads cannot share 7 features: the "
                + "width of attention must be a multiple of its heads");
        assertThatThrownBy(() -> new Attention(Linear.of(init, 4, 8, true), Linear.of(init, 4, 4, true), 2))
                .hasMessage("queries, keys and values of 4 features each come from 12 outputs, not 8");
        assertThatThrownBy(() -> attention(4, 2).apply(gaussian("x", 3, 4), Mode.EVAL))
                .hasMessage("attention is over (images, tokens, features), not (3, 4)");
    }
}
