package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.CrossCorrelation;
import invar.core.spi.Precision;

/// [CrossCorrelation] and its gradients: `cross_correlation.cu`, with the statistics of `batch_norm.cu`. On tensor
/// cores they are products, by cuBLAS or by `gemm_mma.cuh`, of standardised columns, which are written first.
final class CrossCorrelations {

    private CrossCorrelations() {}

    static void execute(CrossCorrelation op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int n = in[0].dim(0), d = in[0].dim(1);
        ColumnSums sums = ColumnSums.of(in[0]);
        if (gpu.precision() != Precision.FP32) {
            onTensorCores(op, in, out, n, d, sums, gpu);
            return;
        }
        int pieces = Tiles.pieces((long) Tiles.along(d) * Tiles.along(d), n);
        long c = CudaStorage.address(out[0]);
        long[] at = Slices.of(gpu, sums.bytes(), pieces == 1 ? 0 : 4L * d * d * pieces);
        long to = pieces == 1 ? c : at[1];
        standardise(sums, in[0], out[1], out[2], op.epsilon(), at[0], gpu);
        standardise(sums, in[1], out[3], out[4], op.epsilon(), at[0], gpu);
        Tiles.product(gpu.kernel("cross_correlation_forward").tensor(in[0]).tensor(in[1]).tensor(out[1]).tensor(out[2])
                .tensor(out[3]).tensor(out[4]).i32(n).i32(d).i32(pieces).address(to), d, d, pieces);
        CosineSimilarities.sum(to, c, (long) d * d, pieces, 1.0 / n, gpu);
    }

    private static void onTensorCores(CrossCorrelation op, Tensor[] in, Tensor[] out, int n, int d, ColumnSums sums,
            Gpu gpu) {
        Tiling tiling = Contractions.tiling(d, d, n, gpu);
        long[] at = Slices.of(gpu, sums.bytes(), 4L * n * d, 4L * n * d,
                tiling.parts() == 1 ? 0 : 4L * d * d * tiling.parts());
        long to = tiling.parts() == 1 ? CudaStorage.address(out[0]) : at[3];
        standardise(sums, in[0], out[1], out[2], op.epsilon(), at[0], gpu);
        standardise(sums, in[1], out[3], out[4], op.epsilon(), at[0], gpu);
        standard(sums, in[0], out[1], out[2], 1.0 / n, at[1], gpu);
        standard(sums, in[1], out[3], out[4], 1, at[2], gpu);
        Contractions.product("tn", at[1], at[2], to, d, d, n, tiling, gpu);
        Contractions.addParts(tiling, to, out[0], gpu);
    }

    /// y = scale (x − mean) rstd, column by column: what tensor cores take.
    static void standard(ColumnSums sums, Tensor x, Tensor mean, Tensor rstd, double scale, long y, Gpu gpu) {
        sums.columns(gpu.kernel("standard_columns").tensor(x).tensor(mean).tensor(rstd).address(y).i64(sums.rows())
                .i32(sums.channels()).f32(scale), gpu);
    }

    /// The mean and 1/√(variance + ε) of every column of x (N, D). parts: room for [ColumnSums#bytes].
    static void standardise(ColumnSums sums, Tensor x, Tensor mean, Tensor rstd, double epsilon, long parts, Gpu gpu) {
        sums.start(gpu.kernel(sums.kernel("moments")).tensor(x), parts);
        sums.finish(gpu.kernel("standard_statistics").tensor(x).tensor(mean).tensor(rstd).f64(sums.count())
                .f64(epsilon), parts);
    }

    static void backward(Tensor[] in, Tensor[] out, Gpu gpu) {
        int n = in[0].dim(0), d = in[0].dim(1);
        ColumnSums sums = ColumnSums.of(in[0]);
        if (gpu.precision() != Precision.FP32) {
            backwardOnTensorCores(in, out, n, d, sums, gpu);
            return;
        }
        int pieces = Tiles.pieces((long) Tiles.along(n) * Tiles.along(d), d);
        long[] at = Slices.of(gpu, sums.bytes(), 16L * d, pieces == 1 ? 0 : 4L * n * d * pieces);
        for (int side = 0; side < 2; side++) {
            Tensor own = in[side], other = in[1 - side];
            long dx = CudaStorage.address(out[side]), to = pieces == 1 ? dx : at[2];
            Tiles.product(gpu.kernel(side == 0 ? "cross_correlation_backward_a" : "cross_correlation_backward_b")
                    .tensor(other).tensor(in[4 - 2 * side]).tensor(in[5 - 2 * side]).tensor(in[6]).i32(n).i32(d)
                    .i32(pieces).address(to), n, d, pieces);
            CosineSimilarities.sum(to, dx, (long) n * d, pieces, 1.0 / n, gpu);
            throughNorm(sums, own, in[2 + 2 * side], in[3 + 2 * side], dx, at[0], at[1], gpu);
        }
    }

    private static void backwardOnTensorCores(Tensor[] in, Tensor[] out, int n, int d, ColumnSums sums, Gpu gpu) {
        Tiling tiling = Contractions.tiling(n, d, d, gpu);
        long[] at = Slices.of(gpu, sums.bytes(), 16L * d, 4L * n * d,
                tiling.parts() == 1 ? 0 : 4L * n * d * tiling.parts());
        long dc = CudaStorage.address(in[6]);
        for (int side = 0; side < 2; side++) {
            long dx = CudaStorage.address(out[side]), to = tiling.parts() == 1 ? dx : at[3];
            standard(sums, in[1 - side], in[4 - 2 * side], in[5 - 2 * side], 1.0 / n, at[2], gpu);
            Contractions.product(side == 0 ? "nt" : "nn", at[2], dc, to, n, d, d, tiling, gpu);
            Contractions.addParts(tiling, to, out[side], gpu);
            throughNorm(sums, in[side], in[2 + 2 * side], in[3 + 2 * side], dx, at[0], at[1], gpu);
        }
    }

    /// dx = rstd (g − Σ g/N − x̂ · Σ g x̂/N), in place of g. parts: room for [ColumnSums#bytes]; numbers: for 4 floats
    /// a column.
    static void throughNorm(ColumnSums sums, Tensor x, Tensor mean, Tensor rstd, long dx, long parts, long numbers,
            Gpu gpu) {
        sums.start(gpu.kernel(sums.kernel("products")).tensor(x).tensor(mean).address(0).address(dx), parts);
        sums.finish(gpu.kernel("standard_slopes").tensor(mean).tensor(rstd).address(numbers).f64(sums.count()), parts);
        sums.columns(gpu.kernel("batch_norm_gradient").tensor(x).address(0).address(dx).address(dx).address(0)
                .address(numbers).i64(sums.rows()).i32(sums.channels()).i32(sums.inner()), gpu);
    }
}
