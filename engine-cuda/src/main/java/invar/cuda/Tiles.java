package invar.cuda;

/// How products are cut into blocks: `square_tile.cuh` and `weighted_tile.cuh`. Results of few tiles have their sums
/// cut into pieces, which are added in order; the cut depends on the extents alone, so that every device gives the same
/// bits.
final class Tiles {

    /// Rows and columns of a tile, features of a span, and the places of a sum that one panel has.
    static final int TILE = 64, SPAN = 128, DEPTH = 16;

    /// Threads of a block.
    static final int THREADS = 256;

    /// Blocks wanted: two for each multiprocessor of a large GPU.
    private static final int BLOCKS = 256;

    /// Fewest panels of a piece: fewer are not worth adding up.
    private static final int FEWEST = 8;

    private Tiles() {}

    /// Tiles along `n` rows or columns.
    static int along(int n) {
        return (n + TILE - 1) / TILE;
    }

    /// Spans of `d` features.
    static int spans(int d) {
        return (d + SPAN - 1) / SPAN;
    }

    /// Pieces of a sum over `depth` places for a result of `tiles` tiles; every one has places.
    static int pieces(long tiles, int depth) {
        int panels = (depth + DEPTH - 1) / DEPTH;
        long wanted = Math.max(1, Math.min(BLOCKS / tiles, panels / FEWEST));
        long each = (panels + wanted - 1) / wanted;
        return (int) ((panels + each - 1) / each);
    }

    /// Tiles of columns in each piece, where `blocks` blocks pass over `columns` columns.
    static int columnTiles(long blocks, int columns) {
        long wanted = Math.max(1, BLOCKS / blocks);
        return (int) ((along(columns) + wanted - 1) / wanted);
    }

    /// Starts a product of which every block makes a tile of a piece.
    static void product(Launch launch, int rows, int columns, int pieces) {
        launch.grid((long) along(rows) * along(columns), pieces, 1, THREADS, 0);
    }
}
