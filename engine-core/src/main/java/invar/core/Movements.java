package invar.core;

import invar.core.MovementOp.Concat;
import invar.core.MovementOp.FillDiagonal;
import invar.core.MovementOp.Gather;
import invar.core.MovementOp.OneHot;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Scatter;
import invar.core.MovementOp.Slice;

/// The methods of [Tensor] that move elements. Negative axes count from the end. Formulas: [MovementOp].
sealed interface Movements permits Tensor {

    /// This tensor.
    Tensor self();

    /// The same elements under another shape: a view. One extent may be −1 and is then computed.
    default Tensor reshape(int... extents) {
        int[] to = extents.clone();
        long known = 1;
        int open = -1;
        for (int i = 0; i < to.length; i++) {
            if (to[i] == -1) open = i;
            else known *= to[i];
        }
        if (open >= 0) to[open] = Math.toIntExact(self().shape().elements() / Math.max(1, known));
        return reshape(Shape.of(to));
    }

    default Tensor reshape(Shape to) { return Tensor.apply(new Reshape(to), self())[0]; }

    /// Output axis k is input axis `axes[k]`; a copy.
    default Tensor permute(int... axes) { return Tensor.apply(Permute.of(axes), self())[0]; }

    /// Rows `from` to `to` (exclusive): a view.
    default Tensor rows(int from, int to) { return slice(0, from, to); }

    default Tensor slice(int axis, int from, int to) {
        return Tensor.apply(new Slice(self().shape().axis(axis), from, to), self())[0];
    }

    /// This and the others, one after the other along `axis`.
    default Tensor concat(int axis, Tensor... others) {
        Tensor[] all = new Tensor[others.length + 1];
        all[0] = self();
        System.arraycopy(others, 0, all, 1, others.length);
        return Tensor.apply(new Concat(self().shape().axis(axis)), all)[0];
    }

    /// Rows by number: `index` is I32, of any shape.
    default Tensor gather(Tensor index) { return Tensor.apply(new Gather(), self(), index)[0]; }

    /// The sum of this tensor's rows into `rows` rows, by number.
    default Tensor scatter(Tensor index, int rows) { return Tensor.apply(new Scatter(rows), self(), index)[0]; }

    /// Of labels (N), I32: rows with a one at the label.
    default Tensor oneHot(int classes) { return Tensor.apply(new OneHot(classes), self())[0]; }

    default Tensor fillDiagonal(double value) { return Tensor.apply(new FillDiagonal(value), self())[0]; }
}
