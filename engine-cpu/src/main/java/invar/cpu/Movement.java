package invar.cpu;

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
import invar.core.Tensor;
import java.util.Arrays;

/// Ops that move elements: copies of runs that are as long as they can be.
final class Movement {

    private Movement() {}

    static void execute(MovementOp op, Tensor[] in, Tensor out, Parallel parallel) {
        float[] y = CpuStorage.floats(out);
        int yo = CpuStorage.at(out), size = out.size();
        switch (op) {
            case OneHot o -> {
                int[] label = CpuStorage.ints(in[0]);
                int lo = CpuStorage.at(in[0]);
                Arrays.fill(y, yo, yo + size, 0);
                for (int i = 0; i < in[0].size(); i++) {
                    int k = label[lo + i];
                    if (k >= 0 && k < o.classes()) y[yo + i * o.classes() + k] = 1;
                }
            }
            case Gather g -> {
                float[] x = CpuStorage.floats(in[0]);
                int[] index = CpuStorage.ints(in[1]);
                int xo = CpuStorage.at(in[0]), io = CpuStorage.at(in[1]), width = in[0].size() / in[0].dim(0);
                Chunks.each(parallel, in[1].size(), width, i ->
                        System.arraycopy(x, xo + index[io + i] * width, y, yo + i * width, width));
            }
            case Scatter s -> {
                float[] x = CpuStorage.floats(in[0]);
                int[] index = CpuStorage.ints(in[1]);
                int xo = CpuStorage.at(in[0]), io = CpuStorage.at(in[1]), width = size / s.rows();
                Arrays.fill(y, yo, yo + size, 0);
                for (int i = 0; i < in[1].size(); i++) {                    // in order of i: the same sum every time
                    int to = yo + index[io + i] * width, from = xo + i * width;
                    for (int j = 0; j < width; j++) y[to + j] += x[from + j];
                }
            }
            case Permute p -> permute(p, in[0], out, parallel);
            case Concat c -> {
                for (int i = 0, at = 0; i < in.length; at += in[i++].dim(c.axis())) {
                    copyAlong(c.axis(), in[i], 0, out, at, parallel);
                }
            }
            case Slice s -> copyAlong(s.axis(), in[0], s.from(), out, 0, parallel);
            case Embed e -> {
                Arrays.fill(y, yo, yo + size, 0);
                copyAlong(e.axis(), in[0], 0, out, e.from(), parallel);
            }
            case FillDiagonal f -> {
                System.arraycopy(CpuStorage.floats(in[0]), CpuStorage.at(in[0]), y, yo, size);
                int columns = out.dim(1);
                for (int i = 0; i < Math.min(out.dim(0), columns); i++) y[yo + i * columns + i] = (float) f.value();
            }
            case Reshape r -> throw new IllegalStateException("a reshape is a view");
        }
    }

    /// Copies the places `from` … of an axis of `in` to the places `at` … of the same axis of `out`, as many as both
    /// have.
    private static void copyAlong(int axis, Tensor in, int from, Tensor out, int at, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int inner = (int) in.shape().product(axis + 1, in.shape().rank()), outer = (int) in.shape().product(0, axis);
        int run = Math.min(in.dim(axis) - from, out.dim(axis) - at) * inner;
        int xo = CpuStorage.at(in) + from * inner, yo = CpuStorage.at(out) + at * inner;
        Chunks.each(parallel, outer, run, o ->
                System.arraycopy(x, xo + o * in.dim(axis) * inner, y, yo + o * out.dim(axis) * inner, run));
    }

    /// Walks the output in order and keeps the place in the input by odometer; trailing axes that stay in place are one
    /// copied run. A task takes places of the first axis that moves.
    private static void permute(Permute op, Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int rank = out.shape().rank(), tail = rank;
        while (tail > 0 && op.from(tail - 1) == tail - 1) tail--;
        int moving = tail, run = (int) out.shape().product(moving, rank);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out);
        if (moving == 0) {
            System.arraycopy(x, xo, y, yo, run);
            return;
        }
        int[] stride = new int[moving];
        for (int k = 0; k < moving; k++) stride[k] = (int) in.shape().product(op.from(k) + 1, rank);
        int each = out.size() / out.dim(0);
        Chunks.each(parallel, out.dim(0), each, first -> {
            int[] at = new int[moving];
            int place = xo + first * stride[0];
            for (int i = yo + first * each; i < yo + (first + 1) * each; i += run) {
                if (run == 1) y[i] = x[place];
                else System.arraycopy(x, place, y, i, run);
                for (int k = moving - 1; k > 0; k--) {
                    place += stride[k];
                    if (++at[k] < out.dim(k)) break;
                    place -= stride[k] * out.dim(k);
                    at[k] = 0;
                }
            }
        });
    }
}
