package invar.cuda;

/// How sums of weighted rows are cut into blocks: `weighted_tile.cuh` in single precision, `weighted_mma.cuh` on
/// tensor cores, `packed_weighted.cuh` where their operands are packed. A block takes a tile of rows, a span of
/// features, and a piece of the columns; pieces are added in order. The cut depends on the extents alone, so that every
/// device adds in the same order.
///
/// @param rows   tiles of rows
/// @param spans  spans of 128 features, or one of all
/// @param pieces pieces of the columns, none of them empty
/// @param each   tiles of columns in a piece
/// @param shared bytes of shared memory that are asked for at launch
/// @param form   how the name of the entry point ends
record WeightedTiles(int rows, int spans, int pieces, int each, int threads, int shared, String form) {

    /// Rows and columns of a tile on tensor cores, features in a step, and stages of the copies.
    private static final int ROWS = 128, COLUMNS = 32, DEPTH = 32, STAGES = 3;

    /// Columns of a tile of packed operands, features in a panel, and the most that one block takes.
    private static final int PACKED_COLUMNS = 64, PANEL = 64, PACKED_MOST = 256;

    /// Threads of a block there.
    private static final int THREADS = 128;

    /// Blocks wanted: two for each multiprocessor of a large GPU.
    private static final int BLOCKS = 256;

    /// Fewest tiles of columns in a piece on tensor cores: its rows are as much to copy as four of them.
    private static final int FEWEST = 4;

    /// In single precision, for `rows` × `columns` weights and `d` features.
    static WeightedTiles of(int rows, int columns, int d) {
        int down = Tiles.along(rows), spans = Tiles.spans(d);
        int each = Tiles.columnTiles((long) down * spans, columns);
        return new WeightedTiles(down, spans, Math.ceilDiv(Tiles.along(columns), each), each, Tiles.THREADS, 0, "");
    }

    /// On tensor cores.
    static WeightedTiles ofMma(int rows, int columns, int d) {
        int down = Math.ceilDiv(rows, ROWS), spans = Tiles.spans(d), tiles = Math.ceilDiv(columns, COLUMNS);
        long wanted = Math.max(1, BLOCKS / ((long) down * spans));
        int each = Math.max(FEWEST, (int) Math.ceilDiv(tiles, wanted));
        int numbers = spans > 1 ? STAGES * DEPTH * (ROWS + COLUMNS) + COLUMNS * Tiles.SPAN
                : Math.ceilDiv(d, DEPTH) * DEPTH * (ROWS + 2 * COLUMNS);
        return new WeightedTiles(down, spans, Math.ceilDiv(tiles, each), each, THREADS, Float.BYTES * numbers,
                spans > 1 ? "_wide" : "");
    }

    /// On tensor cores, with packed operands.
    static WeightedTiles ofPacked(int rows, int columns, int d) {
        int width = packedWidth(d), down = Math.ceilDiv(rows, ROWS), tiles = Math.ceilDiv(columns, PACKED_COLUMNS);
        boolean wide = width > PACKED_MOST, alone = width == PACKED_MOST;      // alone on a multiprocessor
        int spans = wide ? width / Tiles.SPAN : 1;
        long wanted = Math.max(1, (alone ? BLOCKS / 2 : BLOCKS) / ((long) down * spans));
        int each = Math.max(FEWEST / 2, (int) Math.ceilDiv(tiles, wanted));
        int numbers = wide ? STAGES * PANEL * (ROWS + PACKED_COLUMNS) + PACKED_COLUMNS * Tiles.SPAN
                : STAGES * PACKED_COLUMNS * width;
        return new WeightedTiles(down, spans, Math.ceilDiv(tiles, each), each, alone ? 2 * THREADS : THREADS,
                Short.BYTES * numbers, wide ? "_wide" : "_" + width);
    }

    /// The numbers of a packed row of `d`: one panel, or whole spans.
    static int packedWidth(int d) {
        return d <= PANEL ? PANEL : Math.ceilDiv(d, Tiles.SPAN) * Tiles.SPAN;
    }

    /// The entry point on tensor cores.
    String kernel(String name, Gpu gpu) {
        return name + "_" + gpu.precision() + form;
    }

    void start(Launch launch) {
        launch.grid(rows, spans, pieces, threads, shared);
    }
}
