package invar.cuda;

import invar.core.Tensor;

/// Rows added up by number: `scatter.cu`.
final class Scatters {

    private static final int BLOCK = 256, SCAN_BLOCK = 1024, WARP = 32;

    /// Columns of y that a warp takes.
    private static final int COLUMNS = 128;

    /// Numbers of rows, and comparisons in all, up to which every row of y looks at the whole index.
    private static final long SHORT = 1024, MIDDLE = 4096, COMPARISONS = 1 << 26;

    private static final int MOST_BUCKETS = 1024, MOST_SEGMENTS = 256, SEGMENT = 1024;

    private Scatters() {}

    static void execute(Tensor x, Tensor index, Tensor y, Gpu gpu) {
        int n = index.size(), rows = y.dim(0);
        if (n <= SHORT || n <= MIDDLE && (long) n * rows <= COMPARISONS) {
            sum(x, index, 0, 0, 0, 0, y, gpu);
            return;
        }
        int shift = 0;
        while ((rows - 1 >> shift) >= MOST_BUCKETS) shift++;
        int buckets = (rows - 1 >> shift) + 1, wanted = Math.min(MOST_SEGMENTS, (n + SEGMENT - 1) / SEGMENT);
        long each = (n + wanted - 1L) / wanted;
        int segments = (int) ((n + each - 1) / each), counters = buckets * segments;
        int groups = (buckets + BLOCK - 1) / BLOCK;
        long counts = gpu.memory().scratch(4L * (counters + 1L + n)), order = counts + 4L * (counters + 1);
        gpu.kernel("scatter_count").tensor(index).address(counts).i64(n).i64(each).i32(buckets).i32(shift)
                .grid(segments, groups, 1, BLOCK, 0);
        gpu.kernel("scatter_starts").address(counts).i32(counters).blocks(1, SCAN_BLOCK, 0);
        gpu.kernel("scatter_order").tensor(index).address(counts).address(order).i64(n).i64(each).i32(buckets)
                .i32(shift).grid(segments, groups, 1, BLOCK, 0);
        sum(x, index, order, counts, segments, shift, y, gpu);
    }

    /// An order at 0: there is none.
    private static void sum(Tensor x, Tensor index, long order, long starts, int segments, int shift, Tensor y,
            Gpu gpu) {
        long rows = y.dim(0), width = y.shape().elements() / rows;
        long warps = rows * ((width + COLUMNS - 1) / COLUMNS);
        gpu.kernel("scatter_sum").tensor(x).tensor(index).address(order).address(starts).tensor(y).i64(rows).i64(width)
                .i32(index.size()).i32(segments).i32(shift)
                .blocks((warps + BLOCK / WARP - 1) / (BLOCK / WARP), BLOCK, 0);
    }
}
