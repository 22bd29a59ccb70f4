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
/// has one segment. The order of summation is that of the formula for every height.
///
/// Sources: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008;
/// Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015.
///
/// Departure: their tile for 16 registers has 6 rows and 12 accumulators. The compiler of the JVM keeps at most nine
/// accumulators in registers when it also has to hold two vectors of B and the broadcasts of A; with ten or more it
/// keeps them all on the stack. Measured on Zen 3, 99 GF/s peak, depth 256: 6 × 2 vectors 42 GF/s, 5 × 2 36, 4 × 3 44,
/// 4 × 2 94, 3 × 3 94.
final class Tile {

    /// Offsets of a sum with a single segment.
    static final int[] ONE_SEGMENT = {0, 0};

    /// Start of a sum that is not added to anything; one row for all, so used with a row distance of zero.
    static final float[] ZEROS = new float[Lanes.COLUMNS];

    /// The tallest tile of this vector shape: AVX-512 has twice the registers.
    static final int ROWS = SPECIES.vectorBitSize() == 512 ? 8 : 4;

    private Tile() {}

    /// Height of the tile that starts with `rows` rows left: 8 or 4, because a lower one would not keep the multipliers
    /// busy; may be more than are left, by less than four.
    static int height(int rows) {
        return ROWS == 8 && rows > 4 ? 8 : 4;
    }

    /// Rows of the packed form of `rows` rows: the sum of the tile heights.
    static int paddedRows(int rows) {
        return (rows + 3) & ~3;
    }

    /// Computes one tile of `height` rows.
    ///
    /// @param offsets `(aₛ, bₛ)` pairs from index `at`, in steps of k, relative to `ao` and `bo`
    /// @param from    F, what the sum starts with: C itself to add to it, [#ZEROS] with `ldf = 0` to write over it;
    ///                rows are `ldf` apart
    /// @param c       the tile's first element is at `co`, rows are `ldc` apart
    static void multiply(int height, int segments, int[] offsets, int at, int depth, float[] a, int ao, float[] b,
            int bo, float[] from, int fo, int ldf, float[] c, int co, int ldc) {
        if (height == 4) {
            Tile4.multiply(segments, offsets, at, depth, a, ao, b, bo, from, fo, ldf, c, co, ldc);
        } else {
            Tile8.multiply(segments, offsets, at, depth, a, ao, b, bo, from, fo, ldf, c, co, ldc);
        }
    }
}
