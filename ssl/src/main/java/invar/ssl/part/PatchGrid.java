package invar.ssl.part;

import invar.core.Tensor;
import invar.ssl.Setup;
import invar.ssl.UserError;
import java.util.stream.IntStream;

/// The patches of images, and which of them is where: CPC's grid (van den Oord, Li, Vinyals 2018,
/// [arXiv:1807.03748](https://arxiv.org/abs/1807.03748), Fig. 4). Patch (n G + r) G + c of a batch is that in row r and
/// column c of image n.
///
/// @param side G, patches on each side, at least 1
public record PatchGrid(int side) {

    public PatchGrid {
        if (side < 1) throw new IllegalArgumentException("a grid has at least 1 patch on each side, not " + side);
    }

    /// G², the patches of an image.
    public int patches() {
        return side * side;
    }

    /// Cuts mosaics (N, 3, G P, G P) into patches (N G², 3, P, P).
    ///
    /// @throws UserError if G does not divide the side of the mosaics
    public Tensor cut(Tensor mosaics) {
        int n = mosaics.dim(0), channels = mosaics.dim(1), size = mosaics.dim(2) / side;
        Setup.require(mosaics.dim(2) % side == 0, "Views of " + mosaics.dim(2) + " pixels are no mosaic of " + side
                + " × " + side + " patches: the setting grid must be that of the augmentation; cpc makes 3 × 3 of "
                + "images up to 64 pixels, and 6 × 6 of larger ones.");
        return mosaics.reshape(n, channels, side, size, side, size).permute(0, 2, 4, 1, 3, 5)
                .reshape(n * patches(), channels, size, size);
    }

    /// Which patch lies at each place of `images` grids that are turned clockwise by quarter turns, (N G²). In the
    /// order of turns 0 … 3, what was downwards, to the right, upwards and to the left is then downwards.
    public int[] turned(int images, int turns) {
        return IntStream.range(0, images * patches()).map(place -> {
            int row = place / side % side, column = place % side, image = place / patches();
            for (int t = 0; t < turns; t++) {
                int above = row;
                row = side - 1 - column;
                column = above;
            }
            return (image * side + row) * side + column;
        }).toArray();
    }

    /// The place k rows below each place that has one, (N (G − k) G).
    public int[] below(int images, int k) {
        return IntStream.range(0, images * patches()).filter(place -> place / side % side + k < side)
                .map(place -> place + k * side).toArray();
    }

    /// Rows of features (N G², F) as maps (N, F, G, G).
    public Tensor maps(Tensor rows) {
        return rows.reshape(-1, side, side, rows.dim(1)).permute(0, 3, 1, 2);
    }

    /// The features of the places that [#below] has an answer for: maps (N, F, G, G) to rows (N (G − k) G, F).
    public Tensor above(Tensor maps, int k) {
        return maps.slice(2, 0, side - k).permute(0, 2, 3, 1).reshape(-1, maps.dim(1));
    }
}
