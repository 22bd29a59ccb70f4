package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchesTest {

    private static final Compose NOTHING = Compose.of();

    @ParameterizedTest
    @CsvSource({"1, 5, 3", "2, 3, 1", "3, 3, 3", "6, 12, 4", "5, 2, 7"})
    void laysThePatchesOfTheImageSideBySide(int grid, int size, int stride) {
        Patches patches = new Patches(grid, size, stride, NOTHING);
        ImageBuffer image = ComposeTest.noise(patches.extent(), patches.extent());
        float[][] before = planes(image);
        patches.apply(image, new Philox(1, 0));
        assertThat(image.height()).isEqualTo(grid * size).isEqualTo(image.width());
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < grid * size; y++)
                for (int x = 0; x < grid * size; x++) {
                    int row = y / size * stride + y % size, column = x / size * stride + x % size;
                    assertThat(image.plane(c)[y * grid * size + x]).isEqualTo(before[c][row * patches.extent()
                            + column]);
                }
    }

    /// A change that is drawn for the patch shows in it alone, and in about half of all patches.
    @Test
    void changesEachPatchForItself() {
        int grid = 3, size = 4, changed = 0, images = 100;
        boolean[] differ = new boolean[2];
        for (int n = 0; n < images; n++) {
            ImageBuffer plain = ComposeTest.noise(10, 10), image = ComposeTest.noise(10, 10);
            new Patches(grid, size, 3, NOTHING).apply(plain, new Philox(n, 0));
            new Patches(grid, size, 3, Compose.of(new HorizontalFlip(0.5))).apply(image, new Philox(n, 0));
            for (int i = 0; i < grid * grid; i++) {
                float[] before = patch(plain, size, i), after = patch(image, size, i);
                boolean mirrored = !Arrays.equals(before, after);
                differ[mirrored ? 1 : 0] = true;
                if (mirrored) changed++;
                for (int y = 0; y < size; y++)
                    for (int x = 0; x < size; x++)
                        assertThat(after[y * size + x]).isEqualTo(before[y * size + (mirrored ? size - 1 - x : x)]);
            }
        }
        assertThat(differ).containsExactly(true, true);
        assertThat(changed / (double) (images * grid * grid)).isCloseTo(0.5, within(0.06));
    }

    /// Each patch and each change draws from a stream of its own.
    @Test
    void addingAChangeLeavesTheDrawsOfTheOthers() {
        Compose one = Compose.of(new HorizontalFlip(0.5));
        Compose two = Compose.of(new ColorJitter(1, 1, 1, 0.5, 0), new HorizontalFlip(0.5), new Grayscale(0));
        assertThat(mosaic(two, 7)).isEqualTo(mosaic(one, 7));
        assertThat(mosaic(one, 8)).isNotEqualTo(mosaic(one, 7));
        assertThat(mosaic(one, 7)).isEqualTo(mosaic(one, 7));
    }

    private static float[] mosaic(Compose changes, long seed) {
        ImageBuffer image = ComposeTest.noise(9, 9);
        Compose.of(new Patches(3, 5, 2, changes)).apply(image, seed, 0, 0, 0);
        return ComposeTest.pixels(image);
    }

    @Test
    void worksInTheSameBufferImageAfterImage() {
        ImageBuffer image = new ImageBuffer();
        for (int size : new int[] {7, 2, 12, 3}) {
            Patches patches = new Patches(3, size, 2, Compose.of(new Grayscale(0.5)));
            byte[] bytes = new byte[3 * patches.extent() * patches.extent()];
            Arrays.fill(bytes, (byte) 51);
            image.load(bytes, patches.extent(), patches.extent());
            patches.apply(image, new Philox(size, 0));
            assertThat(ComposeTest.pixels(image)).hasSize(27 * size * size).containsOnly(new float[] {0.2f},
                    within(1e-4f));
        }
    }

    @Test
    void refusesAnImageThatIsNotCoveredByTheGrid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Patches(6, 12, 4, NOTHING).apply(ComposeTest.noise(33, 32), new Philox(1, 0)))
                .withMessage("Patches: a grid of 6 patches of 12 px at stride 4 needs an image of 32 x 32 px, "
                        + "not 33 x 32");
    }

    @Test
    void refusesAChangeOfSize() {
        Patches patches = new Patches(2, 4, 2, Compose.of(new RandomResizedCrop(3, 0.5)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> patches.apply(ComposeTest.noise(6, 6), new Philox(1, 0)))
                .withMessage("Patches: the changes must keep 4 x 4 px but made 3 x 3");
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1, grid", "1, 0, 1, size", "1, 1, 0, stride", "-3, 2, 2, grid"})
    void refusesImpossibleSettings(int grid, int size, int stride, String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Patches(grid, size, stride, NOTHING))
                .withMessageStartingWith("Patches: " + name + " must be at least 1");
    }

    @Test
    void keepsOneChannelOfThreeEachAsOften() {
        int[] kept = new int[3];
        int images = 3000;
        for (int i = 0; i < images; i++) {
            ImageBuffer image = new ImageBuffer().load(new float[] {0.1f, 0.9f, 0.2f, 0.8f, 0.3f, 0.7f}, 0, 1, 2);
            new ColorDropping(0.6).apply(image, Philox.of(3, i));
            int dropped = 0, stays = -1;
            for (int c = 0; c < 3; c++) {
                float first = image.plane(c)[0], second = image.plane(c)[1];
                if (first == 0.5f && second == 0.5f) {
                    dropped++;
                } else {
                    stays = c;
                    assertThat(new float[] {first, second}).containsExactly((1 + c) / 10f, (9 - c) / 10f);
                }
            }
            assertThat(dropped).isIn(0, 2);
            if (dropped == 2) kept[stays]++;
        }
        for (int count : kept) assertThat(count / (double) images).isCloseTo(0.2, within(0.03));
    }

    private static float[] patch(ImageBuffer mosaic, int size, int i) {
        int side = mosaic.width(), grid = side / size;
        float[] pixels = new float[size * size];
        for (int y = 0; y < size; y++)
            System.arraycopy(mosaic.plane(0), (i / grid * size + y) * side + i % grid * size, pixels, y * size, size);
        return pixels;
    }

    private static float[][] planes(ImageBuffer image) {
        float[][] planes = new float[3][];
        for (int c = 0; c < 3; c++) planes[c] = Arrays.copyOf(image.plane(c), image.area());
        return planes;
    }
}
