package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.spi.Precision;
import java.util.Locale;

/// [NtXent], its gradient, and both at once: `ntxent.cu`, and on tensor cores `ntxent_mma.cuh`, in
/// bfloat16 `ntxent_bf16.cu`.
final class NtXents {

    /// Above this 2/τ powers of e of differences of similarities leave the range of floats, and the maximum of each row
    /// is looked for.
    private static final double WIDEST = 80;

    /// From this many rows on, half of the large tiles of tensor cores occupy a large GPU.
    private static final int LARGE_FROM = 2048;

    /// How many offsets of tiles are summed at a time at least, also where d is small; see `ntxent_mma.cuh`.
    private static final int FEWEST_OFFSETS = 8;

    private NtXents() {}

    static void execute(NtXent op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, pass.sumBytes(), pass.sumBytes(), 8L * pass.m, pass.unitBytes(), pass.tileBytes());
        pass.forward(CudaStorage.address(out[2]), at, CudaStorage.address(out[1]), 0, 0, out[0]);
    }

    static void execute(NtXentGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, 4L * pass.m, 4L * pass.m, pass.partBytes(), pass.unitBytes(), 4L * pass.m);
        pass.factors(CudaStorage.address(in[2]), CudaStorage.address(in[1]), at[0], at[1]);
        if (pass.packed) pass.pack(CudaStorage.address(in[2]), at[3]);
        else if (pass.tensorCores) L2Normalizes.normalize(in[0], at[3], at[4], pass.m, pass.d, NtXent.EPSILON, gpu);
        pass.backward(CudaStorage.address(in[2]), at[3], at[0], at[1], CudaStorage.address(in[3]), at[2], out[0]);
    }

    static void execute(NtXentAndGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, pass.sumBytes(), pass.sumBytes(), 8L * pass.m, pass.unitBytes(), pass.tileBytes(),
                4L * pass.m, 4L * pass.m, 4L * pass.m, 4L * pass.m, pass.partBytes());
        pass.forward(at[5], at, at[6], at[7], at[8], out[0]);
        pass.backward(at[5], at[3], at[7], at[8], 0, at[9], out[1]);
    }

    /// One op's extents, and how its columns are cut.
    private static final class Pass {

        final Tensor z;
        final int m, d, forwardTiles;
        final double temperature;
        final boolean running, tensorCores, packed;
        final Tiling.Tile tile;                                // the rest is of what is on tensor cores
        final int offsets, offsetsTogether;
        final WeightedTiles weighted;
        final Gpu gpu;

        Pass(Tensor z, double temperature, Gpu gpu) {
            this.z = z;
            this.temperature = temperature;
            this.gpu = gpu;
            m = z.dim(0);
            d = z.dim(1);
            running = 2 / temperature > WIDEST;
            tensorCores = gpu.precision() != Precision.FP32 && !running;
            forwardTiles = Tiles.columnTiles(Tiles.along(m), m);
            packed = tensorCores && gpu.precision() == Precision.BF16;
            weighted = packed ? WeightedTiles.ofPacked(m, m, d)
                    : tensorCores ? WeightedTiles.ofMma(m, m, d) : WeightedTiles.of(m, m, d);
            tile = m < LARGE_FROM ? Tiling.Tile.MEDIUM : Tiling.Tile.LARGE;
            offsets = (int) tile.covering(m, 1) / 2 + 1;
            offsetsTogether = Math.min(offsets, Math.max(FEWEST_OFFSETS, d / 2));
        }

        /// Sums that `ntxent_rows` puts together.
        private int pieces() {
            return tensorCores ? 1 : (Tiles.along(m) + forwardTiles - 1) / forwardTiles;
        }

        long sumBytes() {
            return 4L * m * pieces();
        }

        long partBytes() {
            return 4L * m * d * weighted.pieces();
        }

        /// Of rows of unit length, which only tensor cores need.
        long unitBytes() {
            if (packed) return (long) Short.BYTES * m * WeightedTiles.packedWidth(d);
            return tensorCores ? 4L * m * d : 0;
        }

        /// Of sums of tiles, likewise, and of totals.
        long tileBytes() {
            return tensorCores ? 8L * m * offsetsTogether + 8L * m : 0;
        }

        /// 1/τ in units of ln 2.
        private double scale() {
            return 1 / (temperature * Math.log(2));
        }

        private Launch kernel(String name) {
            return gpu.kernel(running ? name + "_running" : name);
        }

        /// Writes r, lse and the loss, and what [#backward] needs, or not (0). at: maxima, sums, losses of the rows,
        /// and on tensor cores u, and sums of tiles.
        void forward(long r, long[] at, long lse, long factors, long lacks, Tensor loss) {
            L2Normalizes.normalize(z, tensorCores && !packed ? at[3] : 0, r, m, d, NtXent.EPSILON, gpu);
            if (packed) pack(r, at[3]);
            if (tensorCores) sumTiles(at[3], at[4], at[0], at[1]);
            else kernel("ntxent_sums").tensor(z).address(r).i32(m).i32(d).f32(scale()).i32(forwardTiles).address(at[0])
                    .address(at[1]).grid(Tiles.along(m), pieces(), 1, Tiles.THREADS, 0);
            Launch rows = gpu.kernel("ntxent_rows").tensor(z).address(r).address(at[0]).address(at[1]).i32(pieces())
                    .address(lse).address(at[2]).i32(m).i32(d).f64(temperature).flag(running).address(factors)
                    .address(lacks);
            RowTeams.startWarps(rows, m);
            gpu.kernel("mean_of_losses").address(at[2]).tensor(loss).i32(m).blocks(1, Tiles.THREADS, 0);
        }

        /// Writes the packed rows of unit length, from z and r.
        void pack(long r, long u) {
            RowTeams.startWarps(gpu.kernel("ntxent_units_bf16").tensor(z).address(r).address(u).i32(m).i32(d), m);
        }

        private void sumTiles(long u, long parts, long maxima, long sums) {
            Precision precision = gpu.precision();
            String kernel = "ntxent_sums_" + precision + "_" + tile.name().toLowerCase(Locale.ROOT);
            long totals = parts, tiles = parts + 8L * m;
            for (int first = 0; first < offsets; first += offsetsTogether) {
                int now = Math.min(offsetsTogether, offsets - first);
                gpu.kernel(kernel).address(u).i32(m).i32(d).f32(scale()).i32(first).address(tiles)
                        .grid(tile.covering(m, 1), now, 1, tile.threads(precision), tile.shared(precision));
                gpu.kernel("ntxent_sum_tiles").address(tiles).i32(m).i32(tile.rows()).i32(first).i32(now).f32(scale())
                        .address(totals).address(maxima).address(sums).blocks((m + 31) / 32, Tiles.THREADS, 0);
            }
        }

        /// Writes what [#backward] needs, from what was kept of the forward pass.
        void factors(long r, long lse, long factors, long lacks) {
            Launch launch = gpu.kernel("ntxent_factors").tensor(z).address(r).address(lse).i32(m).i32(d)
                    .f64(temperature).flag(running).address(factors).address(lacks);
            RowTeams.startWarps(launch, m);
        }

        /// Writes dz; `u` is the address of the rows of unit length, on tensor cores; `g` that of ∂L, or 0 for 1.
        void backward(long r, long u, long factors, long lacks, long g, long parts, Tensor dz) {
            Launch launch = tensorCores ? gpu.kernel(weighted.kernel("ntxent_gradient", gpu)).address(u)
                    : kernel("ntxent_gradient").tensor(z).address(r);
            weighted.start(launch.address(factors).address(lacks).i32(m).i32(d).f32(scale()).i32(weighted.each())
                    .address(parts));
            L2Normalizes.backward(z, r, parts, weighted.pieces(), g, dz, m, d, NtXent.EPSILON, 1 / (m * temperature),
                    gpu);
        }
    }
}
