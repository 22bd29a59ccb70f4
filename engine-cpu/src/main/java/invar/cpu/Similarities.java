package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

/// The products of M rows with each other, S = u uᵀ (M, M), a piece at a time: a block of rows of [Lanes#COLUMNS]
/// columns, which fits the first-level cache. It is turned into weights W, and C = uᵀ W, again for these columns, is
/// added up. No piece need be written to memory.
///
/// The rows are packed once in the three forms that [Tile] reads: as left and as right factors of S, and as left
/// factors of C. A piece comes out of the first product in the very form that the second one reads as its right factor;
/// so between the two nothing is packed.
///
/// This is how attention is computed without its matrix: Dao, Fu, Ermon, Rudra, Ré 2022, arXiv:2205.14135, Sec. 3.
///
/// @param m       rows
/// @param d       numbers of a row
/// @param block   rows of a block, a multiple of [Lanes#COLUMNS]; the last block may have fewer
/// @param packed  u in three forms, of which the first is
/// @param left    u in panels of rows, block by block, from this index on
/// @param right   uᵀ in panels of columns, from this index on
/// @param across  uᵀ in panels of rows, each as long as a block, block by block, from this index on
record Similarities(int m, int d, int block, float[] packed, int left, int right, int across) {

    /// Cuts m rows into blocks: small ones for few rows, so that there is work for all threads. A block of 128 rows of
    /// 128 numbers, 64 KiB, fits the second-level cache several times over.
    static Similarities of(Parallel parallel, float[] u, int m, int d) {
        int block = m <= 512 ? 64 : 128, blocks = (m + block - 1) / block;
        int rows = blocks * Tile.paddedRows(block) * d, columns = blocks * block * d;
        int turned = blocks * Tile.paddedRows(d) * block, slack = Tile.ROWS * block;
        Similarities s = new Similarities(m, d, block, Scratch.PACKED.floats(rows + columns + turned + slack), 0, rows,
                rows + columns);
        parallel.run(blocks, b -> {
            int first = b * block, count = s.rows(b);
            Panels.packRows(u, first * d, d, 1, count, d, s.packed, s.left(b));
            for (int row = first; row < first + count; row += COLUMNS) {
                Transpose.interleave(u, row * d, d, Math.min(COLUMNS, m - row), d, s.packed, s.right + row * d, COLUMNS,
                        COLUMNS);
            }
            Panels.packRows(u, first * d, 1, d, d, count, s.packed, s.across(b));
        });
        return s;
    }

    int blocks() {
        return (m + block - 1) / block;
    }

    /// Rows of block `b`.
    int rows(int b) {
        return Math.min(block, m - b * block);
    }

    /// Panels of columns, the last perhaps not full.
    int panels() {
        return (m + COLUMNS - 1) / COLUMNS;
    }

    /// The first panel whose columns are those rows that block `b` has; `panelsEnd(b)` is the one after the last.
    int firstPanel(int b) {
        return b * (block / COLUMNS);
    }

    int panelsEnd(int b) {
        return Math.min(panels(), firstPanel(b + 1));
    }

    /// Room for a piece: the rows of a block, rounded up to tiles, of COLUMNS.
    int pieceSize() {
        return Tile.paddedRows(block) * COLUMNS;
    }

    /// Room for the products of one panel: d rows, rounded up to tiles, of COLUMNS.
    int productSize() {
        return Tile.paddedRows(d) * COLUMNS;
    }

    private int left(int b) {
        return left + b * Tile.paddedRows(block) * d;
    }

    private int across(int b) {
        return across + b * Tile.paddedRows(d) * block;
    }

    /// S of one piece, rows of block `b` and the columns of one panel: `s[so + r · COLUMNS + i]`. Columns from m on are
    /// zero.
    void product(int b, int panel, float[] s, int so) {
        int rows = rows(b), from = left(b), column = right + panel * COLUMNS * d;
        for (int k = 0; k < d; k += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, d - k);
            for (int row = 0; row < rows; ) {
                int height = Tile.height(rows - row), to = so + row * COLUMNS;
                Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packed, from + row * d + k * height, packed,
                        column + k * COLUMNS, k > 0 ? s : Tile.ZEROS, k > 0 ? to : 0, k > 0 ? COLUMNS : 0, s, to,
                        COLUMNS);
                row += height;
            }
        }
    }

    /// C += uᵀ W for the rows of block `b`: W is `w[wo + r · COLUMNS + i]`, C (d, COLUMNS) begins at `at`.
    void multiply(int b, float[] w, int wo, float[] c, int at) {
        int rows = rows(b), from = across(b);
        for (int row = 0; row < d; ) {
            int height = Tile.height(d - row), to = at + row * COLUMNS;
            Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, rows, packed, from + row * rows, w, wo, c, to, COLUMNS, c, to,
                    COLUMNS);
            row += height;
        }
    }
}
