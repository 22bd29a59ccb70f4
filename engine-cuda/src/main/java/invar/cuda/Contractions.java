package invar.cuda;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;
import invar.core.spi.Precision;
import java.util.Locale;

/// Matrix products, `gemm.cu` or `gemm_mma.cuh`, and convolutions, which [Convolutions] describes as such.
final class Contractions {

    private Contractions() {}

    static void execute(ContractionOp op, Tensor[] in, Tensor out, Gpu gpu) {
        if (gpu.libraries().execute(op, in, out)) return;
        execute(op, in, out, gpu, Tiling::of);
    }

    static void execute(ContractionOp op, Tensor[] in, Tensor out, Gpu gpu, Tiling.Choice choice) {
        switch (op) {
            case MatMul m -> multiply(m, in[0], in[1], out, gpu, choice);
            case Conv2d c -> Convolutions.forward(c, in[0], in[1], out, gpu, choice);
            case Conv2dInputGrad c -> Convolutions.inputGrad(c, in[0], in[1], out, gpu, choice);
            case Conv2dWeightGrad c -> Convolutions.weightGrad(c, in[0], in[1], out, gpu, choice);
        }
    }

    private static void multiply(MatMul op, Tensor a, Tensor b, Tensor c, Gpu gpu, Tiling.Choice choice) {
        int m = c.dim(-2), n = c.dim(-1), k = a.dim(op.transposeA() ? -2 : -1);
        long batch = c.shape().rank() == 3 ? c.dim(0) : 1, size = c.shape().elements();
        Tiling tiling = choice.of(m, n, k, batch);
        long to = tiling.parts() == 1 ? CudaStorage.address(c) : gpu.memory().scratch(4L * tiling.parts() * size);
        String layout = (op.transposeA() ? "t" : "n") + (op.transposeB() ? "t" : "n");
        multiply(layout, CudaStorage.address(a), CudaStorage.address(b), to, m, n, k, batch, tiling, gpu);
        addParts(tiling, to, c, gpu);
    }

    /// How [#product] cuts a product: not at all where cuBLAS makes it.
    static Tiling tiling(int m, int n, int k, Gpu gpu) {
        return gpu.libraries().multiplies() ? Tiling.whole(m, n) : Tiling.of(m, n, k, 1);
    }

    /// The product (m, n) with sums over k inside of a fused op, or, one behind the other, the parts of it. layout: as
    /// in `gemm.cu`.
    static void product(String layout, long a, long b, long to, int m, int n, int k, Tiling tiling, Gpu gpu) {
        boolean byLibrary = tiling.parts() == 1 && gpu.libraries().multiply(layout.charAt(0) == 't',
                layout.charAt(1) == 't', a, b, to, m, n, k);
        if (!byLibrary) multiply(layout, a, b, to, m, n, k, 1, tiling, gpu);
    }

    private static void multiply(String layout, long a, long b, long to, int m, int n, int k, long batch,
            Tiling tiling, Gpu gpu) {
        Launch launch = gpu.kernel("gemm_" + name(tiling, gpu) + "_" + layout).address(a).address(b).address(to).i32(m)
                .i32(n).i32(k);
        start(launch, tiling, Math.multiplyExact(tiling.tile().covering(m, n), batch), gpu);
    }

    /// As entry points are called: `large`, `tf32_large`.
    static String name(Tiling tiling, Gpu gpu) {
        String tile = tiling.tile().name().toLowerCase(Locale.ROOT);
        return gpu.precision() == Precision.FP32 ? tile : gpu.precision() + "_" + tile;
    }

    /// Starts one block for each tile and part.
    static void start(Launch launch, Tiling tiling, long tiles, Gpu gpu) {
        launch.grid(tiles, tiling.parts(), 1, tiling.tile().threads(gpu.precision()),
                tiling.tile().shared(gpu.precision()));
    }

    /// Adds partial results that lie one after the other.
    static void addParts(Tiling tiling, long parts, Tensor out, Gpu gpu) {
        if (tiling.parts() == 1) return;
        long n = out.shape().elements();
        gpu.kernel("sum_parts").address(parts).tensor(out).i64(n).i32(tiling.parts()).elements(n);
    }
}
