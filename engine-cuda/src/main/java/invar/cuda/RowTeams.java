package invar.cuda;

/// Kernels in which a warp takes a row, or a block a long one: `row_team.cuh`.
final class RowTeams {

    private static final int LONG = 1024, BLOCK = 256, ROWS = 8, MOST_BLOCKS = 1 << 20;

    private RowTeams() {}

    /// The launch of the entry point for rows of `d` numbers: `name`, or `name_long`.
    static Launch kernel(Gpu gpu, String name, int d) {
        return gpu.kernel(d > LONG ? name + "_long" : name);
    }

    /// Starts it.
    static void start(Launch launch, long rows, int d) {
        launch.blocks(Math.min(MOST_BLOCKS, d > LONG ? rows : (rows + ROWS - 1) / ROWS), BLOCK, 0);
    }

    /// Starts a kernel that has warps for rows only.
    static void startWarps(Launch launch, long rows) {
        start(launch, rows, 1);
    }
}
