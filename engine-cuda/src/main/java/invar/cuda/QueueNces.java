package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.QueueNce;
import invar.core.spi.Precision;

/// [QueueNce]: `queue_nce.cu`, and on tensor cores `queue_nce_mma.cuh`.
final class QueueNces {

    private QueueNces() {}

    static void execute(QueueNce op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int n = in[0].dim(0), d = in[0].dim(1), keys = in[2].dim(0);
        boolean tensorCores = gpu.precision() != Precision.FP32;
        WeightedTiles weighted = tensorCores ? WeightedTiles.ofMma(n, keys, d) : WeightedTiles.of(n, keys, d);
        int pieces = weighted.pieces();
        long numbers = 4L * n * pieces;
        long[] at = Slices.of(gpu, numbers, numbers, numbers * d, numbers, 8L * n);
        Launch launch = gpu.kernel(tensorCores ? weighted.kernel("queue_nce_pieces", gpu) : "queue_nce_pieces");
        weighted.start(launch.tensor(in[0]).tensor(in[2]).i32(n).i32(keys).i32(d)
                .f32(1 / (op.temperature() * Math.log(2))).i32(weighted.each()).address(at[0]).address(at[1])
                .address(at[2]));
        RowTeams.startWarps(gpu.kernel("queue_nce_rows").tensor(in[0]).tensor(in[1]).address(at[0]).address(at[1])
                .address(at[2]).address(at[3]).i32(pieces).tensor(out[1]).tensor(out[2]).address(at[4]).i32(n).i32(d)
                .f64(op.temperature()), n);
        gpu.kernel("mean_of_losses").address(at[4]).tensor(out[0]).i32(n).blocks(1, Tiles.THREADS, 0);
    }
}
