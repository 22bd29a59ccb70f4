package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.spi.Precision;

/// [CosineSimilarity] and its gradients: `cosine.cu`. On tensor cores they are products, by cuBLAS or by
/// `gemm_mma.cuh`, of rows of unit length, which are written first.
final class CosineSimilarities {

    private CosineSimilarities() {}

    static void execute(CosineSimilarity op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Tensor a = in[0], b = in[1];
        int n = a.dim(0), m = b.dim(0), d = a.dim(1);
        if (gpu.precision() != Precision.FP32) {
            onTensorCores(op, in, out, n, m, d, gpu);
            return;
        }
        L2Normalizes.normalize(a, 0, CudaStorage.address(out[1]), n, d, op.epsilon(), gpu);
        L2Normalizes.normalize(b, 0, CudaStorage.address(out[2]), m, d, op.epsilon(), gpu);
        int pieces = Tiles.pieces((long) Tiles.along(n) * Tiles.along(m), d);
        long s = CudaStorage.address(out[0]), to = pieces == 1 ? s : Slices.of(gpu, 4L * n * m * pieces)[0];
        Tiles.product(gpu.kernel("cosine_forward").tensor(a).tensor(b).tensor(out[1]).tensor(out[2]).i32(n).i32(m)
                .i32(d).i32(pieces).address(to), n, m, pieces);
        if (pieces > 1) sum(to, s, (long) n * m, pieces, 1, gpu);
    }

    private static void onTensorCores(CosineSimilarity op, Tensor[] in, Tensor[] out, int n, int m, int d, Gpu gpu) {
        Tiling tiling = Contractions.tiling(n, m, d, gpu);
        long[] at = Slices.of(gpu, 4L * n * d, 4L * m * d, tiling.parts() == 1 ? 0 : 4L * n * m * tiling.parts());
        long to = tiling.parts() == 1 ? CudaStorage.address(out[0]) : at[2];
        L2Normalizes.normalize(in[0], at[0], CudaStorage.address(out[1]), n, d, op.epsilon(), gpu);
        L2Normalizes.normalize(in[1], at[1], CudaStorage.address(out[2]), m, d, op.epsilon(), gpu);
        Contractions.product("nt", at[0], at[1], to, n, m, d, tiling, gpu);
        Contractions.addParts(tiling, to, out[0], gpu);
    }

    /// y (n) = scale times the sum of `pieces` arrays one behind the other; y may be the first of them.
    static void sum(long parts, long y, long n, int pieces, double scale, Gpu gpu) {
        gpu.kernel("sum_of_pieces").address(parts).address(y).i64(n).i32(pieces).f32(scale).elements(n);
    }

    static void execute(CosineSimilarityGrad op, Tensor[] in, Tensor[] out, Gpu gpu) {
        Tensor a = in[0], b = in[1], rA = in[2], rB = in[3], ds = in[4];
        int n = a.dim(0), m = b.dim(0), d = a.dim(1);
        if (gpu.precision() != Precision.FP32) {
            onTensorCores(op, in, out, n, m, d, gpu);
            return;
        }
        int down = Tiles.pieces((long) Tiles.along(n) * Tiles.along(d), m);
        int across = Tiles.pieces((long) Tiles.along(m) * Tiles.along(d), n);
        long[] at = Slices.of(gpu, 4L * n * d * down, 4L * m * d * across);
        Tiles.product(gpu.kernel("cosine_backward_a").tensor(b).tensor(rB).tensor(ds).i32(n).i32(m).i32(d).i32(down)
                .address(at[0]), n, d, down);
        Tiles.product(gpu.kernel("cosine_backward_b").tensor(a).tensor(rA).tensor(ds).i32(n).i32(m).i32(d).i32(across)
                .address(at[1]), m, d, across);
        L2Normalizes.backward(a, CudaStorage.address(rA), at[0], down, 0, out[0], n, d, op.epsilon(), 1, gpu);
        L2Normalizes.backward(b, CudaStorage.address(rB), at[1], across, 0, out[1], m, d, op.epsilon(), 1, gpu);
    }

    private static void onTensorCores(CosineSimilarityGrad op, Tensor[] in, Tensor[] out, int n, int m, int d,
            Gpu gpu) {
        Tensor a = in[0], b = in[1];
        Tiling down = Contractions.tiling(n, d, m, gpu), across = Contractions.tiling(m, d, n, gpu);
        long ds = CudaStorage.address(in[4]), rA = CudaStorage.address(in[2]), rB = CudaStorage.address(in[3]);
        long[] at = Slices.of(gpu, 4L * Math.max(n, m) * d, 4L * Math.max(n, m), 4L * n * d * down.parts(),
                4L * m * d * across.parts());
        L2Normalizes.normalize(b, at[0], at[1], m, d, op.epsilon(), gpu);
        Contractions.product("nn", ds, at[0], at[2], n, d, m, down, gpu);
        L2Normalizes.normalize(a, at[0], at[1], n, d, op.epsilon(), gpu);
        Contractions.product("tn", ds, at[0], at[3], m, d, n, across, gpu);
        L2Normalizes.backward(a, rA, at[2], down.parts(), 0, out[0], n, d, op.epsilon(), 1, gpu);
        L2Normalizes.backward(b, rB, at[3], across.parts(), 0, out[1], m, d, op.epsilon(), 1, gpu);
    }
}
