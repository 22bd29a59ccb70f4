package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.ssl.augment.Normalize;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import invar.ssl.data.Shapes;
import invar.ssl.train.NoiseImages;
import java.util.List;
import org.junit.jupiter.api.Test;

class PicturesTest {

    private static final Normalize PLAIN = new Normalize(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));

    @Test
    void areTheBytesNormalisedByChannel() {
        Dataset data = new NoiseImages(5, 7, 2);
        Normalize normalize = new Normalize(List.of(0.1, 0.2, 0.3), List.of(0.5, 0.25, 2.0));
        for (int drawing = 0; drawing < 2; drawing++) {
            Pictures pictures = Pictures.of(data, drawing, 7, normalize);
            assertThat(pictures.size()).isEqualTo(5);
            byte[] bytes = new byte[data.shape().size()];
            data.read(3, drawing, bytes);
            float[] actual = new float[2 + bytes.length];
            pictures.read(3, actual, 2);
            for (int i = 0; i < bytes.length; i++) {
                double expected = ((bytes[i] & 0xFF) / 255.0 - normalize.mean().get(i / 49)) / normalize.std()
                        .get(i / 49);
                assertThat(actual[2 + i]).isCloseTo((float) expected, within(1e-6f));
            }
        }
    }

    @Test
    void areResizedToTheSideOfTheEncoder() {
        Pictures pictures = Pictures.of(Shapes.train(0, 3, 32), 0, 16, PLAIN);
        float[] actual = new float[3 * 16 * 16];
        pictures.read(2, actual, 0);
        byte[] bytes = new byte[3 * 32 * 32];
        Shapes.train(0, 3, 32).read(2, bytes);
        double before = 0, after = 0;
        for (byte b : bytes) before += (b & 0xFF) / 255.0 / bytes.length;
        for (float x : actual) after += x / actual.length;
        assertThat(after).isCloseTo(before, within(0.01));
    }

    @Test
    void arePerturbedEachByItsOwnFixedAmounts() {
        Pictures plain = Pictures.of(new Same(), 0, 32, PLAIN), perturbed = plain.perturbed();
        float[] original = read(plain, 0), first = read(perturbed, 0), second = read(perturbed, 1);
        assertThat(read(plain, 1)).isEqualTo(original);
        assertThat(first).isNotEqualTo(original).isNotEqualTo(second);
        assertThat(read(perturbed, 0)).isEqualTo(first);
        assertThat(read(Pictures.of(new Same(), 0, 32, PLAIN).perturbed(), 1)).isEqualTo(second);
    }

    @Test
    void staySimilarWhenPerturbed() {
        Pictures plain = Pictures.of(new Same(), 0, 32, PLAIN);
        float[] original = read(plain, 0), moved = read(plain.perturbed(), 0);
        double dark = 0, darkMoved = 0;
        for (float x : original) dark += 1 - x;
        for (float x : moved) darkMoved += 1 - x;
        assertThat(darkMoved).isBetween(0.6 * dark, 1.5 * dark);     // scaled by 0.8 to 1.2, on white
    }

    private static float[] read(Pictures pictures, int index) {
        float[] image = new float[3 * 32 * 32];
        pictures.read(index, image, 0);
        return image;
    }

    /// Two items that are the same picture: a black square on white, away from the middle.
    private record Same() implements Dataset {

        @Override
        public String name() {
            return "same";
        }

        @Override
        public int size() {
            return 2;
        }

        @Override
        public ImageShape shape() {
            return ImageShape.square(32);
        }

        @Override
        public void read(int index, int drawing, byte[] into) {
            for (int i = 0; i < into.length; i++) {
                int y = i % 1024 / 32, x = i % 32;
                into[i] = (byte) (y >= 10 && y < 18 && x >= 12 && x < 20 ? 0 : 255);
            }
        }

        @Override
        public int label(int index) {
            return UNLABELLED;
        }

        @Override
        public List<String> classes() {
            return List.of();
        }

        @Override
        public String source(int index) {
            return "square";
        }
    }
}
