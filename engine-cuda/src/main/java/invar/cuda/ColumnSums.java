package invar.cuda;

import invar.core.Tensor;

/// How two sums down every channel of (rows, channels, inner) are cut into pieces: `column_sums.cuh`. The cut depends
/// on the extents alone, so that every device adds in the same order.
///
/// @param rows     N
/// @param channels C
/// @param inner    H · W, or 1
record ColumnSums(long rows, int channels, int inner) {

    /// From this many numbers side by side on, a block reads a channel; a warp has whole sectors of memory then.
    private static final int TOGETHER = 16;

    /// Blocks wanted, enough for every device to be busy; and the fewest numbers of a block, or rows of a warp.
    private static final int BLOCKS = 1024, FEWEST = 4096, FEWEST_ROWS = 64;

    private static final int BLOCK = 256, WARP = 32, WARPS = BLOCK / WARP, MOST_PIECES = 65535;

    /// The channels of x (N, C), (N, C, L) or (N, C, H, W).
    static ColumnSums of(Tensor x) {
        long inner = x.shape().elements() / x.dim(0) / x.dim(1);
        return new ColumnSums(x.dim(0), x.dim(1), Math.toIntExact(inner));
    }

    /// Numbers of a channel, M.
    double count() {
        return (double) rows * inner;
    }

    private boolean byChannel() {
        return inner >= TOGETHER;
    }

    private int width() {
        return Math.multiplyExact(channels, inner);
    }

    private long piece() {
        long all = byChannel() ? rows * inner : rows;
        long beside = byChannel() ? channels : (width() + WARP - 1) / WARP;
        long wanted = Math.min(MOST_PIECES, (BLOCKS + beside - 1) / beside);
        return Math.max(byChannel() ? FEWEST : FEWEST_ROWS, (all + wanted - 1) / wanted);
    }

    private int pieces() {
        long all = byChannel() ? rows * inner : rows;
        return (int) ((all + piece() - 1) / piece());
    }

    /// The bytes of the pieces' sums.
    long bytes() {
        return 16L * pieces() * (byChannel() ? channels : width());
    }

    /// The entry point for this cut: `channel_` or `column_` and the name.
    String kernel(String name) {
        return (byChannel() ? "channel_" : "column_") + name;
    }

    /// Starts one of [#kernel] whose own arguments are given.
    void start(Launch launch, long sums) {
        launch.i64(rows).i32(channels).i32(inner).i64(piece()).address(sums)
                .grid(byChannel() ? channels : (width() + WARP - 1) / WARP, pieces(), 1, BLOCK, 0);
    }

    /// Starts a kernel with a warp for every channel that adds up the pieces.
    void finish(Launch launch, long sums) {
        launch.address(sums).i32(channels).i32(byChannel() ? 1 : inner).i32(pieces())
                .blocks((channels + WARPS - 1) / WARPS, BLOCK, 0);
    }

    /// Starts a kernel with a thread for every column, which goes down the rows.
    void columns(Launch launch, Gpu gpu) {
        long threads = Math.min(BLOCK, (width() + WARP - 1) / WARP * WARP), across = (width() + threads - 1) / threads;
        long down = Math.max(1, Math.min(Math.min(rows, MOST_PIECES), 16L * gpu.multiprocessors() / across));
        launch.grid(across, down, 1, (int) threads, 0);
    }
}
