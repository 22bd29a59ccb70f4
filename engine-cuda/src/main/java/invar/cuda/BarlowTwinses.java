package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.spi.Precision;
import invar.cuda.Tiling.Tile;

/// [BarlowTwins] and its gradients: `barlow.cu`, and on tensor cores `barlow_mma.cuh`, with the statistics of
/// `batch_norm.cu`.
final class BarlowTwinses {

    /// Blocks that share ⟨G, H⟩: a fixed number, because their sums are added in order.
    private static final int SHARES = 256;

    private BarlowTwinses() {}

    static void execute(BarlowTwins op, Tensor[] in, Tensor[] out, Gpu gpu) {
        execute(op, in, out, gpu, Tiling.ofHalf(in[0].dim(0), in[0].dim(1), 2));
    }

    /// With any square tile, on tensor cores.
    static void execute(BarlowTwins op, Tensor[] in, Tensor[] out, Gpu gpu, Tiling tiling) {
        int n = in[0].dim(0), d = in[0].dim(1), tiles = Tiles.along(n);
        boolean tensorCores = gpu.precision() != Precision.FP32;
        long upper = tiles * (tiles + 1L) / 2, square = (long) n * n, unit = tensorCores ? 4L * n * d : 0;
        ColumnSums sums = ColumnSums.of(in[0]);
        int pieces = tensorCores ? tiling.parts() : Tiles.pieces(2 * upper, d);
        long[] at = Slices.of(gpu, sums.bytes(), 8L * d, 8L * SHARES, 8L * square * pieces, unit, unit);
        CrossCorrelations.standardise(sums, in[0], out[1], out[2], op.epsilon(), at[0], gpu);
        CrossCorrelations.standardise(sums, in[1], out[3], out[4], op.epsilon(), at[0], gpu);
        sums.start(standard(gpu.kernel(sums.kernel("barlow")), in, out), at[0]);
        sums.finish(gpu.kernel("barlow_diagonal").tensor(out[5]).address(at[1]).f64(n).f64(op.lambda()), at[0]);
        if (tensorCores) {
            CrossCorrelations.standard(sums, in[0], out[1], out[2], 1, at[4], gpu);
            CrossCorrelations.standard(sums, in[1], out[3], out[4], 1, at[5], gpu);
            Tile tile = tiling.tile();
            gpu.kernel("barlow_grams_" + Contractions.name(tiling, gpu)).address(at[4]).address(at[5]).i32(n).i32(d)
                    .address(at[3]).grid(tile.coveringHalf(n), pieces, 2, tile.threads(gpu.precision()),
                            tile.shared(gpu.precision()));
        } else {
            standard(gpu.kernel("barlow_grams"), in, out).i32(n).i32(d).i32(pieces).address(at[3])
                    .grid(upper, pieces, 2, Tiles.THREADS, 0);
        }
        gpu.kernel("barlow_mirror").address(at[3]).i32(pieces).tensor(out[6]).tensor(out[7]).address(at[2]).i32(n)
                .blocks(SHARES, Tiles.THREADS, 0);
        gpu.kernel("barlow_loss").address(at[2]).i32(SHARES).address(at[1]).i32(d).tensor(out[0])
                .f64(op.lambda() / square).blocks(1, Tiles.THREADS, 0);
    }

    private static Launch standard(Launch launch, Tensor[] in, Tensor[] out) {
        return launch.tensor(in[0]).tensor(in[1]).tensor(out[1]).tensor(out[2]).tensor(out[3]).tensor(out[4]);
    }

    static void execute(BarlowTwinsGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        execute(op, in, out, gpu, Tiling.whole(in[0].dim(0), in[0].dim(1)));
    }

    /// With any tile, on tensor cores.
    static void execute(BarlowTwinsGrad op, Tensor[] in, Tensor[] out, Gpu gpu, Tiling tiling) {
        int n = in[0].dim(0), d = in[0].dim(1);
        boolean tensorCores = gpu.precision() != Precision.FP32;
        ColumnSums sums = ColumnSums.of(in[0]);
        long unit = tensorCores ? 4L * n * d : 0;
        long[] at = Slices.of(gpu, sums.bytes(), 16L * d, unit, unit);
        for (int side = 0; side < 2 && tensorCores; side++) {
            CrossCorrelations.standard(sums, in[side], in[2 + 2 * side], in[3 + 2 * side], 1, at[2 + side], gpu);
        }
        for (int side = 0; side < 2; side++) {
            int own = 2 + 2 * side, other = 4 - 2 * side;
            long dx = CudaStorage.address(out[side]);
            if (tensorCores) {
                Contractions.start(gpu.kernel("barlow_backward_" + Contractions.name(tiling, gpu))
                        .address(at[2 + side]).address(at[3 - side]).tensor(in[6]).tensor(in[8 - side]).tensor(in[9])
                        .i32(n).i32(d).f32(op.lambda()).address(dx), tiling, tiling.tile().covering(n, d), gpu);
            } else {
                Tiles.product(gpu.kernel("barlow_backward").tensor(in[side]).tensor(in[own]).tensor(in[own + 1])
                        .tensor(in[1 - side]).tensor(in[other]).tensor(in[other + 1]).tensor(in[6]).tensor(in[8 - side])
                        .tensor(in[9]).i32(n).i32(d).f32(op.lambda()).address(dx), n, d, 1);
            }
            CrossCorrelations.throughNorm(sums, in[side], in[own], in[own + 1], dx, at[0], at[1], gpu);
        }
    }
}
