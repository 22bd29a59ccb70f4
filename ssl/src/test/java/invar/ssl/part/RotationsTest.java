package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.augment.Rearrange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RotationsTest {

    private static final int CHANNELS = 3;

    @Test
    void turnsCounterClockwise() {
        try (Device device = Device.open("reference")) {
            Tensor x = device.tensor(Shape.of(1, 1, 2, 2), 1f, 2, 3, 4);
            assertThat(Rotations.of(device, 2).all(x).doubles()).containsExactly(
                    1, 2, 3, 4,
                    2, 4, 1, 3,
                    4, 3, 2, 1,
                    3, 1, 4, 2);
        }
    }

    /// Bit for bit what the golden files check, one image after another with its four turns.
    @ParameterizedTest
    @CsvSource({"cpu, 1", "cpu, 2", "cpu, 3", "cpu, 7", "cpu, 9", "cpu, 32", "reference, 5", "reference, 8"})
    void movesPixelsExactly(String name, int side) {
        try (Device device = Device.open(name)) {
            int images = 5, size = CHANNELS * side * side;
            float[] x = noise(images * size), expected = new float[4 * x.length];
            for (int i = 0; i < images; i++) {
                for (int turn = 0; turn < 4; turn++) {
                    Rearrange.rotate90(x, i * size, expected, (4 * i + turn) * size, CHANNELS, side, turn);
                }
            }
            Tensor turned = Rotations.of(device, side).all(device.tensor(Shape.of(images, CHANNELS, side, side), x));
            assertThat(turned.shape()).isEqualTo(Shape.of(4 * images, CHANNELS, side, side));
            assertThat(turned.floats()).isEqualTo(expected);
        }
    }

    /// H · 90° = 270° · H: why a flip must come first.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void aFlipAfterAQuarterTurnIsThreeQuarterTurnsOfAFlip(int side) {
        try (Device device = Device.open("reference")) {
            float[] x = noise(side * side);
            Shape shape = Shape.of(1, 1, side, side);
            Rotations rotations = Rotations.of(device, side);
            Tensor turned = rotations.all(device.tensor(shape, x));
            Tensor ofFlipped = rotations.all(device.tensor(shape, flipped(x, side)));
            for (int turn = 0; turn < 4; turn++) {
                float[] flippedAfter = flipped(turned.rows(turn, turn + 1).floats(), side);
                int same = (4 - turn) % 4;
                assertThat(flippedAfter).isEqualTo(ofFlipped.rows(same, same + 1).floats());
                if (turn % 2 == 1) assertThat(flippedAfter).isNotEqualTo(ofFlipped.rows(turn, turn + 1).floats());
            }
        }
    }

    @Test
    void labelsCountTheTurnsOfEachImage() {
        assertThat(Rotations.labels(3)).containsExactly(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "9, 9", "4, 16", "8, 7"})
    void refusesImagesOfAnotherSize(int height, int width) {
        try (Device device = Device.open("reference")) {
            Tensor x = device.zeros(Shape.of(2, CHANNELS, height, width));
            assertThatIllegalArgumentException().isThrownBy(() -> Rotations.of(device, 8).all(x))
                    .withMessage("the images to turn must be 8 × 8 pixels but are " + height + " × " + width);
        }
    }

    private static float[] flipped(float[] x, int side) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) y[i] = x[i / side * side + side - 1 - i % side];
        return y;
    }

    private static float[] noise(int count) {
        Philox random = new Philox(3, count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian();
        return values;
    }
}
