package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;

/// [NtXent], its gradient, and both at once: `ntxent.cu`.
final class NtXents {

    /// Above this 2/τ powers of e of differences of similarities leave the range of floats, and the maximum of each row
    /// is looked for.
    private static final double WIDEST = 80;

    private NtXents() {}

    static void execute(NtXent op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, pass.sumBytes(), pass.sumBytes(), 8L * pass.m);
        pass.forward(CudaStorage.address(out[2]), at, CudaStorage.address(out[1]), 0, 0, out[0]);
    }

    static void execute(NtXentGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, 4L * pass.m, 4L * pass.m, pass.partBytes());
        pass.factors(CudaStorage.address(in[2]), CudaStorage.address(in[1]), at[0], at[1]);
        pass.backward(CudaStorage.address(in[2]), at[0], at[1], CudaStorage.address(in[3]), at[2], out[0]);
    }

    static void execute(NtXentAndGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Pass pass = new Pass(in[0], op.temperature(), gpu);
        long[] at = Slices.of(gpu, pass.sumBytes(), pass.sumBytes(), 8L * pass.m, 4L * pass.m, 4L * pass.m,
                4L * pass.m, 4L * pass.m, pass.partBytes());
        pass.forward(at[3], at, at[4], at[5], at[6], out[0]);
        pass.backward(at[3], at[5], at[6], 0, at[7], out[1]);
    }

    /// One op's extents, and how its columns are cut.
    private static final class Pass {

        final Tensor z;
        final int m, d, forwardTiles, backwardTiles;
        final double temperature;
        final boolean running;
        final Gpu gpu;

        Pass(Tensor z, double temperature, Gpu gpu) {
            this.z = z;
            this.temperature = temperature;
            this.gpu = gpu;
            m = z.dim(0);
            d = z.dim(1);
            running = 2 / temperature > WIDEST;
            forwardTiles = Tiles.columnTiles(Tiles.along(m), m);
            backwardTiles = Tiles.columnTiles((long) Tiles.along(m) * Tiles.spans(d), m);
        }

        private int pieces(int each) {
            return (Tiles.along(m) + each - 1) / each;
        }

        long sumBytes() {
            return 4L * m * pieces(forwardTiles);
        }

        long partBytes() {
            return 4L * m * d * pieces(backwardTiles);
        }

        /// 1/τ in units of ln 2.
        private double scale() {
            return 1 / (temperature * Math.log(2));
        }

        private Launch kernel(String name) {
            return gpu.kernel(running ? name + "_running" : name);
        }

        /// Writes r, lse and the loss, and what [#backward] needs, or not (0). at: maxima, sums, losses of the rows.
        void forward(long r, long[] at, long lse, long factors, long lacks, Tensor loss) {
            L2Normalizes.normalize(z, 0, r, m, d, NtXent.EPSILON, gpu);
            int pieces = pieces(forwardTiles);
            kernel("ntxent_sums").tensor(z).address(r).i32(m).i32(d).f32(scale()).i32(forwardTiles).address(at[0])
                    .address(at[1]).grid(Tiles.along(m), pieces, 1, Tiles.THREADS, 0);
            Launch rows = gpu.kernel("ntxent_rows").tensor(z).address(r).address(at[0]).address(at[1]).i32(pieces)
                    .address(lse).address(at[2]).i32(m).i32(d).f64(temperature).flag(running).address(factors)
                    .address(lacks);
            RowTeams.startWarps(rows, m);
            gpu.kernel("mean_of_losses").address(at[2]).tensor(loss).i32(m).blocks(1, Tiles.THREADS, 0);
        }

        /// Writes what [#backward] needs, from what was kept of the forward pass.
        void factors(long r, long lse, long factors, long lacks) {
            Launch launch = gpu.kernel("ntxent_factors").tensor(z).address(r).address(lse).i32(m).i32(d)
                    .f64(temperature).flag(running).address(factors).address(lacks);
            RowTeams.startWarps(launch, m);
        }

        /// Writes dz; `g` is the address of ∂L, or 0 for 1.
        void backward(long r, long factors, long lacks, long g, long parts, Tensor dz) {
            int pieces = pieces(backwardTiles);
            kernel("ntxent_gradient").tensor(z).address(r).address(factors).address(lacks).i32(m).i32(d).f32(scale())
                    .i32(backwardTiles).address(parts)
                    .grid(Tiles.along(m), Tiles.spans(d), pieces, Tiles.THREADS, 0);
            L2Normalizes.backward(z, r, parts, pieces, g, dz, m, d, NtXent.EPSILON, 1 / (m * temperature), gpu);
        }
    }
}
