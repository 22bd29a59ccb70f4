package invar.core;

import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;

/// The methods of [Tensor] that sum, spread or normalise along axes. Reduced axes stay, with extent 1, so that the
/// result broadcasts back. Negative axes count from the end. Formulas: [ReductionOp].
sealed interface Reductions permits Tensor {

    /// This tensor.
    Tensor self();

    /// The shape with extent 1 at these axes; a scalar for none.
    private Shape without(int... axes) {
        if (axes.length == 0) return Shape.of();
        Shape shape = self().shape();
        for (int axis : axes) shape = shape.with(axis, 1);
        return shape;
    }

    /// Σ over the axes; without axes, over everything, to a scalar.
    default Tensor sum(int... axes) { return sumTo(without(axes)); }

    /// Mean over the axes; without axes, over everything, to a scalar.
    default Tensor mean(int... axes) {
        Tensor sum = sum(axes);
        return sum.scale((double) sum.shape().elements() / self().shape().elements());
    }

    /// Maximum over the axes; without axes, over everything, to a scalar.
    default Tensor maximum(int... axes) { return Tensor.apply(new MaxTo(without(axes)), self())[0]; }

    default Tensor sumTo(Shape to) {
        return to.equals(self().shape()) ? self() : Tensor.apply(new SumTo(to), self())[0];
    }

    default Tensor broadcastTo(Shape to) {
        return to.equals(self().shape()) ? self() : Tensor.apply(new BroadcastTo(to), self())[0];
    }

    default Tensor logSumExp(int axis) { return Tensor.apply(new LogSumExp(self().shape().axis(axis)), self())[0]; }
    default Tensor softmax(int axis) { return Tensor.apply(new Softmax(self().shape().axis(axis)), self())[0]; }
    default Tensor logSoftmax(int axis) { return Tensor.apply(new LogSoftmax(self().shape().axis(axis)), self())[0]; }
}
