package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import invar.ssl.UserError;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JigsawTilesTest {

    /// Every tile is searched for in its cell, pixel by pixel: it is there once, and all places are equally likely.
    @ParameterizedTest
    @CsvSource({"3, 5, 3", "2, 7, 6", "3, 4, 4"})
    void everyTileIsFromARandomPlaceInItsOwnCell(int grid, int cell, int tile) {
        int places = cell - tile + 1, trials = 300;
        int[] counts = new int[places * places];
        Set<List<Integer>> together = new HashSet<>();
        float[] x = ComposeTest.pixels(ComposeTest.noise(grid * cell, grid * cell));
        for (int trial = 0; trial < trials; trial++) {
            ImageBuffer image = ComposeTest.noise(grid * cell, grid * cell);
            new JigsawTiles(grid, cell, tile).apply(image, Philox.of(7, trial));
            assertThat(image.height()).isEqualTo(image.width()).isEqualTo(grid * tile);
            float[] y = ComposeTest.pixels(image);
            Integer[] found = new Integer[grid * grid];
            for (int i = 0; i < grid * grid; i++) {
                found[i] = place(x, y, i / grid, i % grid, grid, cell, tile);
                counts[found[i]]++;
            }
            together.add(List.of(found));
        }
        double expected = trials * grid * grid / (double) counts.length;
        for (int count : counts) assertThat((double) count).isCloseTo(expected, within(5 * Math.sqrt(expected)));
        assertThat(together.size()).as("draws of all cells at once").isGreaterThan(places == 1 ? 0 : 15);
    }

    /// The only place in the cell whose standardised pixels are those of the tile.
    private static int place(float[] x, float[] y, int i, int j, int grid, int cell, int tile) {
        int side = grid * cell, all = grid * tile, found = -1;
        for (int u = 0; u <= cell - tile; u++) {
            for (int v = 0; v <= cell - tile; v++) {
                double largest = 0;
                for (int c = 0; c < 3; c++) {
                    int from = c * side * side + (i * cell + u) * side + j * cell + v;
                    double[] expected = standardised(x, from, side, tile);
                    for (int k = 0; k < expected.length; k++) {
                        int at = c * all * all + (i * tile + k / tile) * all + j * tile + k % tile;
                        largest = Math.max(largest, Math.abs(y[at] - expected[k]));
                    }
                }
                if (largest < 1e-5) {
                    assertThat(found).as("a second place").isEqualTo(-1);
                    found = u * (cell - tile + 1) + v;
                }
            }
        }
        assertThat(found).as("tile (%d, %d) in its cell", i, j).isNotNegative();
        return found;
    }

    private static double[] standardised(float[] x, int from, int stride, int tile) {
        double[] p = new double[tile * tile];
        for (int k = 0; k < p.length; k++) p[k] = x[from + k / tile * stride + k % tile];
        double mean = Arrays.stream(p).average().orElseThrow();
        double variance = Arrays.stream(p).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        return Arrays.stream(p).map(v -> (v - mean) / Math.sqrt(variance + 1e-5)).toArray();
    }

    /// Brightness and contrast that change from tile to tile, and from channel to channel, tell nothing.
    @Test
    void brightnessAndContrastOfATileAreGone() {
        ImageBuffer plain = ComposeTest.noise(12, 12), changed = ComposeTest.noise(12, 12);
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < 144; i++) {
                int tile = i / 12 / 6 * 2 + i % 12 / 6;
                changed.plane(c)[i] = changed.plane(c)[i] * (0.5f + 0.1f * tile) + 0.1f * tile + 0.05f * c;
            }
        }
        new JigsawTiles(2, 6, 5).apply(plain, new Philox(1, 0));
        new JigsawTiles(2, 6, 5).apply(changed, new Philox(1, 0));
        assertThat(ComposeTest.pixels(changed)).containsExactly(ComposeTest.pixels(plain), within(1e-3f));
    }

    @Test
    void aFlatTileIsZeroAndNotNoise() {
        ImageBuffer image = new ImageBuffer();
        image.resize(9, 9);
        for (int c = 0; c < 3; c++) Arrays.fill(image.plane(c), 0.7f);
        new JigsawTiles(3, 3, 2).apply(image, new Philox(1, 0));
        assertThat(ComposeTest.pixels(image)).containsOnly(new float[] {0}, within(1e-4f));
    }

    /// Negative control: the facing edges of neighbours are alike without a gap, and so give the order away. In an
    /// image of noise averaged over 3 × 3 pixels, columns side by side correlate by 2/3, columns three apart not at
    /// all.
    @Test
    void withoutAGapLinesGoOnFromTileToTile() {
        assertThat(acrossTheCuts(new JigsawTiles(3, 10, 10))).isCloseTo(2 / 3.0, within(0.06));
        assertThat(acrossTheCuts(new JigsawTiles(3, 10, 8))).isBetween(-0.05, 0.2);
    }

    /// The mean correlation of the columns on both sides of the cuts between tiles.
    private static double acrossTheCuts(JigsawTiles tiles) {
        int all = tiles.grid() * tiles.tile(), count = 0;
        double sum = 0;
        for (int trial = 0; trial < 100; trial++) {
            ImageBuffer image = smooth(tiles.grid() * tiles.cell(), trial);
            tiles.apply(image, Philox.of(3, trial));
            for (int i = 0; i < tiles.grid(); i++) {
                for (int cut = 1; cut < tiles.grid(); cut++) {
                    double[] left = new double[tiles.tile()], right = new double[tiles.tile()];
                    for (int a = 0; a < tiles.tile(); a++) {
                        int at = (i * tiles.tile() + a) * all + cut * tiles.tile();
                        left[a] = image.plane(0)[at - 1];
                        right[a] = image.plane(0)[at];
                    }
                    sum += correlation(left, right);
                    count++;
                }
            }
        }
        return sum / count;
    }

    private static ImageBuffer smooth(int side, int seed) {
        Philox random = Philox.of(11, seed);
        double[] noise = new double[(side + 2) * (side + 2)];
        for (int i = 0; i < noise.length; i++) noise[i] = random.nextGaussian();
        float[] pixels = new float[3 * side * side];
        for (int i = 0; i < side * side; i++) {
            double sum = 0;
            for (int k = 0; k < 9; k++) sum += noise[(i / side + k / 3) * (side + 2) + i % side + k % 3];
            for (int c = 0; c < 3; c++) pixels[c * side * side + i] = (float) (0.5 + 0.02 * sum);
        }
        return new ImageBuffer().load(pixels, 0, side, side);
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElseThrow(), meanB = Arrays.stream(b).average().orElseThrow();
        double ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return ab / Math.sqrt(aa * bb);
    }

    /// The statistics of the training set would move the tiles away from where whole images will be.
    @Test
    void noNormalizationFollows() {
        assertThat(Recipes.jigsaw(32).then(Normalize.CIFAR10)).isEqualTo(Recipes.jigsaw(32));
        assertThat(Recipes.rotNet(32).then(Normalize.CIFAR10).views().getFirst().steps().getLast())
                .isEqualTo(Normalize.CIFAR10);
        Recipe empty = new Recipe("empty", "test", List.of(Compose.of()));
        assertThat(empty.then(Normalize.CIFAR10).views().getFirst().steps()).containsExactly(Normalize.CIFAR10);
    }

    @ParameterizedTest
    @CsvSource({"9, 3, 2", "16, 5, 4", "28, 9, 7", "32, 10, 8", "64, 21, 17", "256, 75, 64"})
    void theRecipeHasThePapersProportions(int size, int cell, int tile) {
        assertThat(Recipes.jigsaw(size).views().getFirst().steps()).containsExactly(new HorizontalFlip(0.5),
                new RandomCrop(3 * cell, 0), new Grayscale(0.66), new JigsawTiles(3, cell, tile));
    }

    @Test
    void wrongSettingsAreRefusedInWords() {
        assertThatThrownBy(() -> new JigsawTiles(1, 5, 4)).hasMessage("JigsawTiles: grid must be at least 2 but is 1");
        assertThatThrownBy(() -> new JigsawTiles(3, 5, 6))
                .hasMessage("JigsawTiles: tile must be 2 pixels to those of a cell, which are 5, but is 6");
        assertThatThrownBy(() -> new JigsawTiles(3, 5, 1)).hasMessageContaining("but is 1");
        assertThatThrownBy(() -> new JigsawTiles(3, 5, 4).apply(ComposeTest.noise(16, 15), new Philox(0, 0)))
                .hasMessage("JigsawTiles: 3 x 3 cells of 5 px are not an image of 16 x 15 px");
        assertThatThrownBy(() -> Recipes.named("jigsaw", 8)).isInstanceOf(UserError.class)
                .hasMessage("The augmentation jigsaw needs images of at least 9 pixels a side, not 8.");
    }
}
