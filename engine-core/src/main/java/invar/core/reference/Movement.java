package invar.core.reference;

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

/// Ops that move elements.
final class Movement {

    private Movement() {}

    static void execute(MovementOp op, Tensor[] in, Tensor out) {
        Array y = new Array(out);
        switch (op) {
            case OneHot o -> {
                y.fill(0);
                for (int i = 0; i < in[0].size(); i++) {
                    int label = Array.integer(in[0], i);
                    if (label >= 0 && label < o.classes()) y.set(i * o.classes() + label, 1);
                }
            }
            case Gather g -> {
                Array x = new Array(in[0]);
                int width = x.size / in[0].dim(0);
                for (int i = 0; i < y.size; i++) y.set(i, x.at(Array.integer(in[1], i / width) * width + i % width));
            }
            case Scatter s -> {
                Array x = new Array(in[0]);
                int width = y.size / s.rows();
                y.fill(0);
                for (int i = 0; i < x.size; i++) y.add(Array.integer(in[1], i / width) * width + i % width, x.at(i));
            }
            case Permute p -> permute(p, in[0], out);
            case Concat c -> {
                int at = 0;
                for (Tensor piece : in) {
                    copyAlong(c.axis(), piece, 0, out, at);
                    at += piece.dim(c.axis());
                }
            }
            case Slice s -> copyAlong(s.axis(), in[0], s.from(), out, 0);
            case Embed e -> {
                y.fill(0);
                copyAlong(e.axis(), in[0], 0, out, e.from());
            }
            case FillDiagonal f -> {
                Array x = new Array(in[0]);
                int columns = in[0].dim(1);
                for (int i = 0; i < x.size; i++) y.set(i, i / columns == i % columns ? f.value() : x.at(i));
            }
            case Reshape r -> throw new IllegalStateException("a reshape is a view");
        }
    }

    /// Copies places `from` … of an axis of `in` to places `at` … of the same axis of `out`, as many as both have.
    private static void copyAlong(int axis, Tensor in, int from, Tensor out, int at) {
        Array x = new Array(in), y = new Array(out);
        int n = Math.min(in.dim(axis) - from, out.dim(axis) - at);
        int inner = (int) in.shape().product(axis + 1, in.shape().rank()), outer = (int) in.shape().product(0, axis);
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < inner; j++) {
                    y.set((o * out.dim(axis) + at + i) * inner + j, x.at((o * in.dim(axis) + from + i) * inner + j));
                }
            }
        }
    }

    private static void permute(Permute op, Tensor in, Tensor out) {
        Array x = new Array(in), y = new Array(out);
        int rank = in.shape().rank();
        for (int i = 0; i < y.size; i++) {
            int rest = i, place = 0;
            for (int k = rank - 1; k >= 0; k--) {                       // axis k of y is axis from(k) of x
                int from = op.from(k);
                place += rest % out.dim(k) * (int) in.shape().product(from + 1, rank);
                rest /= out.dim(k);
            }
            y.set(i, x.at(place));
        }
    }
}
