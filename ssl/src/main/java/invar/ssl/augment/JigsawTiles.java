package invar.ssl.augment;

import invar.core.Philox;
import java.util.Optional;

/// Cuts an image into cells, takes a tile from a random place in each, standardises each tile by itself and lays the
/// tiles side by side, in their places: the pieces of a jigsaw puzzle, not yet shuffled.
///
/// Noroozi, Favaro, "Unsupervised learning of visual representations by solving jigsaw puzzles", ECCV 2016,
/// [arXiv:1603.09246](https://arxiv.org/abs/1603.09246), Sec. 3.1 and 3.3 (cells of 75, tiles of 64). For the cell in
/// row i and column j,
/// ```
/// p[c, a, b] = x[c, i·cell + u + a, j·cell + v + b]                  u, v ~ U{0 … cell − tile}, drawn for each cell
/// y[c, i·tile + a, j·tile + b] = (p[c, a, b] − mean p[c]) / √(var p[c] + ε)             mean and variance of the tile
/// ```
/// so that neither lines that go on across a cut nor brightness and colour that change slowly over the image tell where
/// a tile belongs. With tile = cell there is no gap, and lines do go on: a control, not a task.
///
/// The result has its mean and deviation already, and those of the training set must not be taken once more: they would
/// move every tile to a mean of −mean/std and a deviation of 1/std, where whole images, which the encoder sees later,
/// have 0 and 1. See [#standardises].
///
/// Choices: the channels are standardised one by one, as in reimplementations of the paper, which only says that it
/// normalises each tile; ε = 1e-5, the square of about a grey level, so that a flat tile becomes zeros and no noise.
///
/// @param grid g, cells in a row and in a column
/// @param cell side of a cell in pixels: images are (g · cell) × (g · cell)
/// @param tile side of a tile in pixels, 2 to cell; a tile of one pixel would have nothing left
public record JigsawTiles(int grid, int cell, int tile) implements Augmentation {

    private static final double EPSILON = 1e-5;

    /// Checks the settings.
    public JigsawTiles {
        Require.that(grid >= 2, "JigsawTiles: grid must be at least 2 but is " + grid);
        Require.that(tile >= 2 && tile <= cell, "JigsawTiles: tile must be 2 pixels to those of a cell, which are "
                + cell + ", but is " + tile);
    }

    /// @throws IllegalArgumentException if the image is not made of the cells
    @Override
    public void apply(ImageBuffer image, Philox random) {
        int side = grid * cell, all = grid * tile;
        Require.that(image.height() == side && image.width() == side, "JigsawTiles: " + grid + " x " + grid
                + " cells of " + cell + " px are not an image of " + image.height() + " x " + image.width() + " px");
        float[][] mosaic = image.spare(all * all);
        for (int i = 0; i < grid; i++) {
            for (int j = 0; j < grid; j++) {
                int u = random.nextInt(cell - tile + 1), v = random.nextInt(cell - tile + 1);
                int from = (i * cell + u) * side + j * cell + v, to = i * tile * all + j * tile;
                for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
                    standardise(image.plane(c), from, side, mosaic[c], to, all);
                }
            }
        }
        image.swap(all, all);
    }

    /// True: every tile has mean 0 and deviation 1.
    @Override
    public boolean standardises() {
        return true;
    }

    @Override
    public Optional<Mosaic> mosaic() {
        return Optional.of(new Mosaic("tiles", grid));
    }

    /// One channel of one tile, of rows that are `side` apart in x and `all` apart in y.
    private void standardise(float[] x, int from, int side, float[] y, int to, int all) {
        double sum = 0, squares = 0;
        for (int a = 0; a < tile; a++) {
            for (int b = 0; b < tile; b++) sum += x[from + a * side + b];
        }
        double mean = sum / (tile * tile);
        for (int a = 0; a < tile; a++) {
            for (int b = 0; b < tile; b++) {
                double d = x[from + a * side + b] - mean;
                squares += d * d;
            }
        }
        double inverse = 1 / Math.sqrt(squares / (tile * tile) + EPSILON);
        for (int a = 0; a < tile; a++) {
            for (int b = 0; b < tile; b++) {
                y[to + a * all + b] = (float) ((x[from + a * side + b] - mean) * inverse);
            }
        }
    }
}
