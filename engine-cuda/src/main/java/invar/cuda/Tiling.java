package invar.cuda;

import invar.core.spi.Precision;

/// How a product of matrices is cut into blocks: which tile a block computes, of `tile.cuh` in single precision and of
/// `mma_tile.cuh` on tensor cores, and into how many parts the sum is cut.
///
/// @param parts 1, or the number of partial products that `sum_parts` adds
record Tiling(Tile tile, int parts) {

    /// Tiles, the largest first. A large one reads least for each product, a small one leaves fewer blocks without
    /// work.
    enum Tile {
        /// 64 sums a thread.
        LARGE(128, 128, 256, 256, 3),
        /// 32 sums a thread.
        MEDIUM(64, 64, 128, 128, 3),
        /// 16 sums a thread, 32 on tensor cores.
        SMALL(32, 64, 128, 64, 4);

        private final int rows, columns, threads, mmaThreads, stages;

        Tile(int rows, int columns, int threads, int mmaThreads, int stages) {
            this.rows = rows;
            this.columns = columns;
            this.threads = threads;
            this.mmaThreads = mmaThreads;
            this.stages = stages;
        }

        /// Rows of a tile.
        int rows() {
            return rows;
        }

        /// How many tiles cover a result.
        long covering(long ofRows, long ofColumns) {
            return Math.multiplyExact(Math.ceilDiv(ofRows, rows), Math.ceilDiv(ofColumns, columns));
        }

        /// How many of them lie on and above the diagonal of a square result; for tiles that are square themselves.
        long coveringHalf(long extent) {
            long along = Math.ceilDiv(extent, rows);
            return along * (along + 1) / 2;
        }

        /// Threads of a block.
        int threads(Precision precision) {
            return precision == Precision.FP32 ? threads : mmaThreads;
        }

        /// Bytes of shared memory that are asked for at launch: on tensor cores, a ring of buffers for both operands,
        /// 128 bytes of each row, which are 32 floats or, in `packed_tile.cuh`, 64 packed numbers.
        int shared(Precision precision) {
            return precision == Precision.FP32 ? 0 : Float.BYTES * stages * MMA_DEPTH * (rows + columns);
        }
    }

    /// Values along the sum in one step of `mma_tile.cuh`.
    private static final int MMA_DEPTH = 32;

    /// Blocks that occupy a large GPU (132 multiprocessors with two large tiles each), and half as many, which do so
    /// for the most part.
    private static final int ENOUGH = 256, HALF = ENOUGH / 2;

    /// Least length of a part: below, writing and adding its result would cost as much as it saves.
    private static final int LENGTH = 256;

    /// Chooses a tiling: [#of], or in tests a given one.
    interface Choice {
        /// For `batch` products of (rows, depth) by (depth, columns).
        Tiling of(long rows, long columns, long depth, long batch);
    }

    /// The largest tile that the result fills by half both ways and that gives enough blocks, the sum being cut where
    /// the tiles alone do not. Follows from the sizes alone, so every GPU adds in the same order.
    static Tiling of(long rows, long columns, long depth, long batch) {
        for (Tile tile : Tile.values()) {
            long blocks = Math.multiplyExact(tile.covering(rows, columns), batch);
            int parts = parts(blocks, depth);
            boolean filled = 2 * rows > tile.rows && 2 * columns > tile.columns && blocks * parts >= HALF;
            if (filled || tile == Tile.SMALL) return new Tiling(tile, parts);
        }
        throw new AssertionError("the last tile fits always");
    }

    /// The same for `batch` symmetric products of (extent, depth) by (depth, extent), of which the tiles on and above
    /// the diagonal are computed; tiles are square.
    static Tiling ofHalf(long extent, long depth, long batch) {
        long blocks = Math.multiplyExact(Tile.LARGE.coveringHalf(extent), batch);
        int parts = parts(blocks, depth);
        if (2 * extent > Tile.LARGE.rows && blocks * parts >= HALF) return new Tiling(Tile.LARGE, parts);
        return new Tiling(Tile.MEDIUM, parts(Math.multiplyExact(Tile.MEDIUM.coveringHalf(extent), batch), depth));
    }

    /// In one part: for what is not the sum of its parts.
    static Tiling whole(long rows, long columns) {
        return of(rows, columns, 1, 1);
    }

    private static int parts(long blocks, long depth) {
        return blocks >= HALF ? 1 : (int) Math.clamp(depth / LENGTH, 1, Math.ceilDiv(ENOUGH, blocks));
    }
}
