package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.ssl.augment.Normalize;
import invar.ssl.data.Shapes;
import invar.ssl.data.Split;
import invar.ssl.train.NoiseImages;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {

    private static final Normalize HALF = new Normalize(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));

    private final Device device = Device.open("reference");

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void measuresWhatTheDataAllows() {
        Split noise = new Split(new NoiseImages(9, 8), new NoiseImages(4, 8), "");
        Split drawn = new Split(new NoiseImages(9, 8, 2), new NoiseImages(4, 8, 2), "");
        Split shapes = new Split(Shapes.train(0, 30, 8), Shapes.test(0, 12, 8), "");
        assertThat(evaluation(noise, 5).possible()).isFalse();
        assertThat(evaluation(drawn, 5).possible()).isTrue();
        assertThat(evaluation(drawn, 5).ofPixels().keySet()).containsExactly(Evaluation.RETRIEVAL,
                Evaluation.PERTURBED);
        assertThat(evaluation(shapes, 5).possible()).isTrue();
        assertThat(evaluation(shapes, 5).ofPixels().keySet()).containsExactly("kNN-5");
    }

    @Test
    void findsTrainingImagesAmongThemselves() {
        Split same = new Split(Shapes.train(0, 40, 8), Shapes.train(0, 40, 8), "");
        assertThat(evaluation(same, 1).ofPixels()).containsEntry("kNN-1", 1.0);
        assertThat(evaluation(same, 1).of(new Pixels())).containsEntry("kNN-1", 1.0);
    }

    /// An encoder that says nothing: the first training image votes for all, or chance decides.
    @Test
    void givesAnEncoderThatTellsNothingApartTheScoreOfChance() {
        Split drawn = new Split(new NoiseImages(9, 8, 2), new NoiseImages(20, 8, 2), "");
        assertThat(evaluation(drawn, 5).of(new Nothing())).containsEntry(Evaluation.RETRIEVAL, 1 / 20.0)
                .containsEntry(Evaluation.PERTURBED, 1 / 20.0);
    }

    /// One that always says class 0 is right as often as that occurs.
    @Test
    void measuresTheAccuracyOfAClassifier() {
        Split shapes = new Split(Shapes.train(0, 30, 8), Shapes.test(0, 40, 8), "");
        long zeros = IntStream.range(0, 40).filter(i -> Shapes.test(0, 40, 8).label(i) == 0).count();
        assertThat(evaluation(shapes, 5).accuracyOf(new Nothing())).isEqualTo(zeros / 40.0);
        Split noise = new Split(new NoiseImages(9, 8), new NoiseImages(4, 8), "");
        assertThatThrownBy(() -> evaluation(noise, 5).accuracyOf(new Nothing()))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("without labels");
    }

    /// Standardised pixels are what an encoder is given; one that passes them on scores the same.
    @Test
    void givesTheEncoderWhatItSays() {
        Split shapes = new Split(Shapes.train(0, 60, 8), Shapes.test(0, 40, 8), "");
        Evaluation evaluation = evaluation(shapes, 5);
        assertThat(evaluation.of(new Pixels())).isEqualTo(evaluation.ofStandardisedPixels());
    }

    @Test
    void comparesLargeImagesAsSmallOnes() {
        Split large = new Split(Shapes.train(0, 20, 96), Shapes.test(0, 9, 96), "");
        Map<String, Double> pixels = new Evaluation(large, 96, HALF, 3, 0.07, 100, device).ofPixels();
        assertThat(pixels).isEqualTo(new Evaluation(large, 32, HALF, 3, 0.07, 100, device).ofPixels());
    }

    /// One image a pass, or all in one.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 300})
    void embedsImagesInOrderWhateverFitsInAPass(int count) {
        Embedder.Images numbered = new Embedder.Images() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public void read(int index, float[] into, int offset) {
                for (int i = 0; i < 3 * 64; i++) into[offset + i] = index;
            }
        };
        Embeddings embeddings = Embedder.embed(new Pixels(), numbered, 8, device);
        assertThat(embeddings.count()).isEqualTo(count);
        assertThat(embeddings.features()).isEqualTo(3 * 64);
        for (int i = 0; i < count; i++) assertThat(embeddings.rows()[i * 3 * 64 + 100]).isEqualTo(i);
        assertThat(Embedder.pixels(numbered, 8).rows()).isEqualTo(embeddings.rows());
    }

    private Evaluation evaluation(Split split, int k) {
        return new Evaluation(split, 8, HALF, k, 0.07, 1000, device);
    }

    private record Pixels() implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            assertThat(mode).isEqualTo(Mode.EVAL);
            return x.reshape(Shape.of(x.dim(0), x.size() / x.dim(0)));
        }
    }

    private record Nothing() implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            return x.device().full(Shape.of(x.dim(0), 10), 1);
        }
    }
}
