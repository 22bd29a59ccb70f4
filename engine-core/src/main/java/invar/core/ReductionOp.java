package invar.core;

/// Ops that sum, spread, or normalise along axes.
public sealed interface ReductionOp extends Op {

    /// Sums over every axis that `to` lacks or where its extent is 1. In: x. Out: y of shape `to`, which must broadcast
    /// to x.
    record SumTo(Shape to) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            return reduced(this, in, to);
        }
    }

    /// The maximum over every axis that `to` lacks or where its extent is 1; NaN if one of the values is NaN. In: x.
    /// Out: y of shape `to`. Equal maxima share the gradient evenly.
    record MaxTo(Shape to) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            return reduced(this, in, to);
        }
    }

    /// Repeats x along the axes that it lacks or where its extent is 1: the transpose of [SumTo]. In: x, which must
    /// broadcast to `to`. Out: y of shape `to`.
    record BroadcastTo(Shape to) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 1);
            if (!in[0].broadcastsTo(to)) throw new ShapeException(this, in, "does not broadcast to " + to);
            return new Shape[] {to};
        }
    }

    /// y = m + ln Σ e^(x − m) along `axis`, m the maximum. In: x. Out: y shaped as x with extent 1 at `axis`.
    /// −∞ entries count as absent; a slice of only −∞ gives −∞.
    record LogSumExp(int axis) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            return Infer.one(this, in, in[0].with(Infer.axis(this, in, 0, axis), 1));
        }
    }

    /// yᵢ = e^(xᵢ − m) / Σ e^(x − m) along `axis`, m the maximum. In: x. Out: y of the same shape.
    record Softmax(int axis) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.axis(this, in, 0, axis);
            return Infer.one(this, in, in[0]);
        }
    }

    /// yᵢ = (xᵢ − m) − ln Σ e^(x − m) along `axis`, m the maximum. In: x. Out: y of the same shape.
    record LogSoftmax(int axis) implements ReductionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.axis(this, in, 0, axis);
            return Infer.one(this, in, in[0]);
        }
    }

    private static Shape[] reduced(Op op, Shape[] in, Shape to) {
        Infer.count(op, in, 1);
        if (!to.broadcastsTo(in[0])) throw new ShapeException(op, in, to + " does not broadcast to the input");
        return new Shape[] {to};
    }
}
