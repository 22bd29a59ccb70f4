package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

import java.util.Arrays;

/// The products of M rows with each other, S = u uᵀ (M, M), a piece at a time: [#CHUNK] rows of [Lanes#COLUMNS]
/// columns, which fit the first-level cache. A visitor turns the piece into weights, and may have the product of the
/// weights with u added up: C = uᵀ W, again for these columns. No piece is ever written to memory, which would cost
/// more time than to compute it.
///
/// The rows are packed once in the three forms that [Tile] reads: as left and as right factors of S, and as left
/// factors of C. A piece comes out of the first product in the very form that the second one reads as its right factor;
/// so between the two nothing is packed.
///
/// This is how attention is computed without its matrix: Dao, Fu, Ermon, Rudra, Ré 2022, arXiv:2205.14135, Sec. 3.
///
/// @param m       rows
/// @param d       numbers of a row
/// @param packed  u in three forms, of which the first is
/// @param left    u in panels of rows, from this index on
/// @param right   uᵀ in panels of columns, from this index on
/// @param across  uᵀ in panels of rows, from this index on
record Similarities(int m, int d, float[] packed, int left, int right, int across) {

    /// Rows of a piece: with 16 columns, 16 KiB.
    static final int CHUNK = 256;

    /// Panels of a task: 64 columns, which use the panels of rows while these are in the second-level cache.
    static final int GROUP = Math.max(1, 64 / COLUMNS);

    /// What is done with a piece.
    interface Visitor {
        /// The piece of `rows` rows from `first` on, and of the columns `panel` · COLUMNS …: s[j · COLUMNS + i].
        /// Columns from m on are zero, and what becomes of them does not matter.
        void visit(int panel, int first, int rows, float[] s);
    }

    static Similarities of(Parallel parallel, float[] u, int m, int d) {
        int rows = Tile.paddedRows(m) * d, columns = panels(m) * COLUMNS * d, turned = Tile.paddedRows(d) * m;
        Similarities s = new Similarities(m, d, Scratch.PACKED.floats(rows + columns + turned + 8 * (m + d)), 0,
                rows + 8 * d, rows + 8 * d + columns);
        int block = 64;                                                         // a multiple of all heights of tiles
        parallel.run((m + block - 1) / block, task -> {
            int row = task * block;
            Panels.packRows(u, row * d, d, 1, Math.min(block, m - row), d, s.packed, s.left + row * d);
        });
        parallel.run(panels(m), panel -> {
            int column = panel * COLUMNS;
            Panels.packColumns(u, column * d, d, 1, Math.min(COLUMNS, m - column), d, s.packed, s.right + column * d);
        });
        parallel.run((d + block - 1) / block, task -> {
            int row = task * block;
            Panels.packRows(u, row, 1, d, Math.min(block, d - row), m, s.packed, s.across + row * m);
        });
        return s;
    }

    private static int panels(int m) {
        return (m + COLUMNS - 1) / COLUMNS;
    }

    /// Panels of columns, the last perhaps not full.
    int panels() {
        return panels(m);
    }

    /// Calls the visitor for all pieces of a group of panels, in order of rows; the pieces of a panel are visited by
    /// one thread. There are [#groups] groups.
    void each(int group, Visitor visitor) {
        float[] s = Scratch.SIMILARITIES.floats((CHUNK + 8) * COLUMNS);
        for (int first = 0; first < m; first += CHUNK) {
            for (int panel = group * GROUP; panel < Math.min(panels(), (group + 1) * GROUP); panel++) {
                product(panel, first, s);
                visitor.visit(panel, first, Math.min(CHUNK, m - first), s);
            }
        }
    }

    int groups() {
        return (panels() + GROUP - 1) / GROUP;
    }

    /// Room for the products of one panel: d rows, rounded up to tiles, of COLUMNS.
    int productSize() {
        return (Tile.paddedRows(d) + 4) * COLUMNS;
    }

    /// S of one piece.
    private void product(int panel, int first, float[] s) {
        int rows = Math.min(CHUNK, m - first);
        for (int k = 0; k < d; k += Gemm.DEPTH) {
            int depth = Math.min(Gemm.DEPTH, d - k);
            for (int row = 0; row < rows; ) {
                int height = Tile.height(m - first - row), to = row * COLUMNS;
                Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packed, left + (first + row) * d + k * height,
                        packed,
                        right + panel * COLUMNS * d + k * COLUMNS, k > 0 ? s : Tile.ZEROS, k > 0 ? to : 0,
                        k > 0 ? COLUMNS : 0, s, to, COLUMNS);
                row += height;
            }
        }
    }

    /// C = uᵀ W for the rows of one piece: written to `c` (d, COLUMNS) from `at` on for the first piece, else added.
    void multiply(int first, int rows, float[] w, float[] c, int at) {
        if (first == 0) Arrays.fill(c, at, at + productSize(), 0);
        for (int row = 0; row < d; ) {
            int height = Tile.height(d - row), to = at + row * COLUMNS;
            Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, rows, packed, across + row * m + first * height, w, 0, c, to,
                    COLUMNS, c, to, COLUMNS);
            row += height;
        }
    }
}
