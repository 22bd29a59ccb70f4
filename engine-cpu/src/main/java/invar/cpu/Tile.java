package invar.cpu;

import static invar.cpu.Lanes.SPECIES;

/// The register tile: the innermost kernel of matrix products and convolutions.
///
/// A tile is `height` × [Lanes#COLUMNS] numbers of C that stay in registers while a sum runs over packed panels:
/// ```
/// C[i, j] = F[i, j] + Σₛ Σₖ A[(aₛ + k) height + i] · B[(bₛ + k) COLUMNS + j]        s < segments, k < depth
/// ```
/// The sum over `k` reads both panels forwards with stride one. The sum over segments `s` lets the panels be pieced
/// together from places that are not neighbours, which a convolution uses for the rows of its window; a matrix product
/// has one segment. The order of summation is that of the formula for every height, with F last: to begin with F
/// would make the first multiplication wait for memory (a product of 1024 rows is 10 % faster this way).
///
/// Sources: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008;
/// Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015.
///
/// The tile has 6 rows on processors with 16 vector registers (12 accumulators), as theirs. Left alone, the compiler of
/// the JVM loads the elements of A early and then keeps accumulators on the stack; [Tile6] shows how it is kept from
/// it. Measured on Zen 3, depth 256, panels in the first-level cache, in GF/s of a peak of 100: 6 × 2 vectors 44
/// without fences and 100 with them; 5 × 2 37 and 99; 4 × 2 96 and 97; 4 × 3 44 and 44.
///
/// With a core to itself a tile then runs at the peak, whatever else it does. Where another thread shares the core, and
/// so the decoders, instructions count. For each 12 multiply-adds a loop of one step has 32 instructions, of two steps
/// ([Tile6]) 26, of four ([TileDeep6]) 23; then they reach 54, 70 and 77 GF/s.
final class Tile {

    /// Offsets of a sum with a single segment.
    static final int[] ONE_SEGMENT = {0, 0};

    /// Stands for F of a sum that is not added to anything, with rows 0 apart. It is added like any other: were that
    /// left out by a branch, a kernel compiled before it was ever taken would keep accumulators on the stack.
    static final float[] ZEROS = new float[Lanes.COLUMNS];

    /// The tallest tile of this vector shape: AVX-512 has twice the registers.
    static final int ROWS = SPECIES.vectorBitSize() == 512 ? 8 : 6;

    /// From this depth on, [TileDeep6] is faster than [Tile6].
    private static final int DEEP = 48;

    /// Steps of a sum whose panel of B, 16 KiB, stays in a first-level cache of 32 KiB beside what else passes by.
    static final int DEPTH = 256;

    private Tile() {}

    /// Height of the tile that starts with `rows` rows left: [#ROWS] or 4, because a lower one would not keep the
    /// multipliers busy; may be more than are left. The tall ones come first, and the heights add up to the least
    /// number that these two can make.
    static int height(int rows) {
        return ROWS == 8 ? rows > 4 ? 8 : 4 : rows == 5 || rows == 6 || rows > 8 ? 6 : 4;
    }

    /// Rows of the packed form of `rows` rows: the sum of the tile heights.
    static int paddedRows(int rows) {
        return start(panels(rows), rows);
    }

    /// How many tiles `rows` rows have.
    static int panels(int rows) {
        int tall = tall(rows);
        return tall + Math.max(0, rows - tall * ROWS + 3) / 4;
    }

    /// The first row of a tile of `rows` rows; of the tile after the last, all rows of the packed form.
    static int start(int panel, int rows) {
        int tall = tall(rows);
        return Math.min(panel, tall) * ROWS + Math.max(0, panel - tall) * 4;
    }

    /// How many of the tiles are tall.
    private static int tall(int rows) {
        int left = rows % ROWS, all = rows / ROWS;
        if (ROWS == 8) return left > 4 ? all + 1 : all;
        return left == 5 ? all + 1 : (left == 1 || left == 2) && all > 0 ? all - 1 : all;
    }

    /// Computes one tile of `height` rows.
    ///
    /// @param offsets `(aₛ, bₛ)` pairs from index `at`, in steps of k, relative to `ao` and `bo`
    /// @param from    F, what is added to the sum: C itself to add to it, [#ZEROS] to write over it;
    ///                rows are `ldf` apart
    /// @param c       the tile's first element is at `co`, rows are `ldc` apart
    static void multiply(int height, int segments, int[] offsets, int at, int depth, float[] a, int ao, float[] b,
            int bo, float[] from, int fo, int ldf, float[] c, int co, int ldc) {
        if (ROWS == 6 && height == 6 && segments == 1 && depth >= DEEP) {
            int ap = ao + offsets[at] * 6, bp = bo + offsets[at + 1] * Lanes.COLUMNS;
            TileDeep6.multiply(depth, a, ap, b, bp, from, fo, ldf, c, co, ldc);
            return;
        }
        switch (height) {
            case 4 -> Tile4.multiply(segments, offsets, at, depth, a, ao, b, bo, from, fo, ldf, c, co, ldc);
            case 6 -> Tile6.multiply(segments, offsets, at, depth, a, ao, b, bo, from, fo, ldf, c, co, ldc);
            default -> Tile8.multiply(segments, offsets, at, depth, a, ao, b, bo, from, fo, ldf, c, co, ldc);
        }
    }
}
