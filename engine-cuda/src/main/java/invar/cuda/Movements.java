package invar.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;

import invar.core.MovementOp;
import invar.core.MovementOp.Concat;
import invar.core.MovementOp.Embed;
import invar.core.MovementOp.FillDiagonal;
import invar.core.MovementOp.Gather;
import invar.core.MovementOp.OneHot;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Scatter;
import invar.core.MovementOp.Slice;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.Arrays;

/// Ops that move elements: `movements.cu`; and [Scatters].
final class Movements {

    private static final int TILE = 32, BLOCK = 256;

    /// The shortest axis that is worth a tile.
    private static final int LONG = 16;

    private Movements() {}

    static void execute(MovementOp op, Tensor[] in, Tensor out, Gpu gpu) {
        Tensor x = in[0];
        long n = out.shape().elements();
        switch (op) {
            case Reshape r -> throw new IllegalStateException("a reshape is a view");
            case Permute p -> permute(p, x, out, gpu);
            case Concat c -> {
                long at = 0, step = after(out.shape(), c.axis());
                for (Tensor piece : in) {
                    copyAlong(c.axis(), piece, 0, out, at * step, gpu);
                    at += piece.dim(c.axis());
                }
            }
            case Slice s -> copyAlong(s.axis(), x, s.from() * after(x.shape(), s.axis()), out, 0, gpu);
            case Embed e -> {
                long step = after(x.shape(), e.axis());
                gpu.kernel("embed").tensor(x).i64(x.dim(e.axis()) * step).tensor(out).i64(e.extent() * step)
                        .i64(e.from() * step).i64(n).elements(n);
            }
            case Gather g -> gpu.kernel("gather").tensor(x).tensor(in[1]).tensor(out).i64(after(x.shape(), 0)).i64(n)
                    .elements(n);
            case Scatter s -> Scatters.execute(x, in[1], out, gpu);
            case OneHot o -> gpu.kernel("one_hot").tensor(x).tensor(out).i64(o.classes()).i64(n).elements(n);
            case FillDiagonal f -> gpu.kernel("fill_diagonal").tensor(x).tensor(out).i64(x.dim(1)).i64(n)
                    .f32(f.value()).elements(n);
        }
    }

    /// y = x, of the same number of elements.
    static void copy(Tensor x, Tensor y, Gpu gpu) {
        Driver.check(cuMemcpyDtoDAsync(Staging.device(CudaStorage.address(y)), Staging.device(CudaStorage.address(x)),
                y.shape().elements() * y.dtype().bytes(), gpu.stream()), "cuMemcpyDtoDAsync");
    }

    /// Elements from one place of an axis to the next.
    private static long after(Shape shape, int axis) {
        return shape.product(axis + 1, shape.rank());
    }

    /// Copies what x, from its element `from` on, and y, from its element `at` on, have in common along an axis.
    private static void copyAlong(int axis, Tensor x, long from, Tensor y, long at, Gpu gpu) {
        long ofX = x.shape().product(axis, x.shape().rank()), ofY = y.shape().product(axis, y.shape().rank());
        long run = Math.min(ofX - from, ofY - at), n = x.shape().product(0, axis) * run;
        gpu.kernel("copy_rows").address(CudaStorage.address(x) + 4 * from).i64(ofX)
                .address(CudaStorage.address(y) + 4 * at).i64(ofY).i64(run).i64(n).elements(n);
    }

    /// Axes of 1 are dropped, and neighbours that stay neighbours become one axis. Then the last axis stays the last,
    /// or is exchanged for another in tiles.
    private static void permute(Permute op, Tensor x, Tensor y, Gpu gpu) {
        int axes = 0, rank = y.shape().rank();
        int[] extents = new int[rank];
        long[] strides = new long[rank];                               // in x
        for (int k = 0; k < rank; k++) {
            int extent = y.dim(k);
            long stride = after(x.shape(), op.from(k));
            if (extent == 1) continue;
            if (axes > 0 && strides[axes - 1] == stride * extent) {
                extents[axes - 1] *= extent;
                strides[axes - 1] = stride;
            } else {
                extents[axes] = extent;
                strides[axes++] = stride;
            }
        }
        if (axes <= 1) {
            copy(x, y, gpu);
            return;
        }
        int last = axes - 1, other = 0;
        while (strides[other] != 1) other++;
        long n = y.shape().elements();
        if (other == last || extents[other] < LONG || extents[last] < LONG) {
            gpu.kernel("strided").tensor(x).tensor(y).i64(n)
                    .places(Arrays.copyOf(extents, axes), Arrays.copyOf(strides, axes)).elements(n);
            return;
        }
        int[] batch = new int[Math.max(1, axes - 2)];
        long[] inX = new long[batch.length], inY = new long[batch.length];
        long step = extents[last], otherStep = 0, batches = 1;          // in y
        batch[0] = 1;
        for (int k = last - 1, to = axes - 3; k >= 0; k--) {
            if (k == other) {
                otherStep = step;
            } else {
                batch[to] = extents[k];
                inX[to] = strides[k];
                inY[to--] = step;
                batches *= extents[k];
            }
            step *= extents[k];
        }
        gpu.kernel("transpose").tensor(x).tensor(y).i64(extents[last]).i64(strides[last]).i64(extents[other])
                .i64(otherStep).places(batch, inX).places(batch, inY)
                .blocks(batches * tiles(extents[last]) * tiles(extents[other]), BLOCK, 0);
    }

    private static long tiles(int extent) {
        return (extent + TILE - 1) / TILE;
    }
}
