package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

/// The Gram matrix G = x xᵀ of few long rows: only the blocks on and above the diagonal are computed, half the work of
/// a product, and the others copied.
///
/// The rows are cut into slices, which are packed for all blocks at once, so that a block is packed once and not once
/// for each partner. The sum of an element runs over the slices in order.
final class Gram {

    /// Rows of a block.
    private static final int BLOCK = 64;

    /// Numbers of a row in a slice: two packed blocks are 256 KiB, half of a second-level cache.
    private static final int DEPTH = 512;

    private Gram() {}

    /// @param x rows of `d` numbers, the first at `xo`
    /// @param g (n, n), the first element at `to`
    static void multiply(Parallel parallel, float[] x, int xo, int n, int d, float[] g, int to) {
        int blocks = (n + BLOCK - 1) / BLOCK, padded = Tile.paddedRows(BLOCK);
        int pairs = BlockPairs.count(blocks), pieces = BLOCK / COLUMNS, size = pieces * padded * COLUMNS;
        int right = blocks * padded * DEPTH;
        float[] packed = Scratch.PACKED.floats(right + blocks * BLOCK * DEPTH);
        float[] sums = Scratch.EXPONENTIALS.floats(pairs * size);
        int[] rowOf = new int[pairs], columnOf = new int[pairs];
        for (int i = 0; i < blocks; i++) {
            for (int j = i; j < blocks; j++) {
                rowOf[BlockPairs.index(i, j, blocks)] = i;
                columnOf[BlockPairs.index(i, j, blocks)] = j;
            }
        }
        for (int start = 0; start < d; start += DEPTH) {
            int from = xo + start, depth = Math.min(DEPTH, d - start);
            boolean add = start > 0;
            parallel.run(blocks, b -> {
                int first = b * BLOCK, count = Math.min(BLOCK, n - first);
                Panels.packRows(x, from + first * d, d, 1, count, depth, packed, b * padded * depth);
                for (int row = first; row < first + count; row += COLUMNS) {
                    Transpose.interleave(x, from + row * d, d, Math.min(COLUMNS, n - row), depth, packed,
                            right + row * depth, COLUMNS, COLUMNS);
                }
            });
            parallel.run(pairs, pair -> {
                int i = rowOf[pair], first = columnOf[pair] * BLOCK, rows = Math.min(BLOCK, n - i * BLOCK);
                for (int piece = 0; piece < pieces && first + piece * COLUMNS < n; piece++) {
                    product(packed, i * padded * depth, right + (first + piece * COLUMNS) * depth, rows, depth, add,
                            sums, pair * size + piece * padded * COLUMNS);
                }
            });
        }
        parallel.run(pairs, pair -> {
            int row = rowOf[pair] * BLOCK, column = columnOf[pair] * BLOCK, rows = Math.min(BLOCK, n - row);
            for (int piece = 0; piece < pieces && column + piece * COLUMNS < n; piece++) {
                int first = column + piece * COLUMNS, columns = Math.min(COLUMNS, n - first);
                int at = pair * size + piece * padded * COLUMNS;
                for (int r = 0; r < rows; r++) {
                    System.arraycopy(sums, at + r * COLUMNS, g, to + (row + r) * n + first, columns);
                }
                if (row < column) {
                    Transpose.separate(sums, at, COLUMNS, columns, rows, g, to + first * n + row, n);
                }
            }
        });
    }

    private static void product(float[] packed, int left, int right, int rows, int depth, boolean add, float[] sums,
            int at) {
        for (int row = 0; row < rows; ) {
            int height = Tile.height(rows - row), target = at + row * COLUMNS;
            Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packed, left + row * depth, packed, right,
                    add ? sums : Tile.ZEROS, add ? target : 0, add ? COLUMNS : 0, sums, target, COLUMNS);
            row += height;
        }
    }
}
