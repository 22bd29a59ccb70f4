package invar.core;

/// Ops that move elements without computing with them (or, for [Scatter], only add them up).
public sealed interface MovementOp extends Op {

    /// The same elements under another shape: a view. In: x. Out: y of shape `to`.
    record Reshape(Shape to) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            if (to.elements() != in[0].elements()) {
                throw new ShapeException(this, in, "a reshape keeps the number of elements: " + in[0].elements()
                        + " != " + to.elements());
            }
            return Infer.one(this, in, to);
        }

        @Override
        public long viewOffset(Shape... in) {
            return 0;
        }
    }

    /// y[i_{axes[0]}, i_{axes[1]}, …] = x[i₀, i₁, …]: output axis k is input axis `axes[k]`. A copy.
    record Permute(Shape axes) implements MovementOp {
        // The order is kept as a Shape of axis + 1, because a record of an array would have no value equality.

        /// Output axis k is input axis `axes[k]`.
        public static Permute of(int... axes) {
            int[] shifted = new int[axes.length];
            for (int i = 0; i < axes.length; i++) shifted[i] = axes[i] + 1;
            return new Permute(Shape.of(shifted));
        }

        /// The input axis that becomes output axis `k`.
        public int from(int k) {
            return axes.dim(k) - 1;
        }

        /// The permutation that undoes this one.
        public Permute inverse() {
            int[] inverse = new int[axes.rank()];
            for (int k = 0; k < inverse.length; k++) inverse[from(k)] = k;
            return of(inverse);
        }

        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 1);
            int rank = axes.rank();
            Infer.rank(this, in, 0, rank);
            int[] extents = new int[rank];
            boolean[] seen = new boolean[rank];
            for (int k = 0; k < rank; k++) {
                if (from(k) >= rank || seen[from(k)]) throw new ShapeException(this, in, "not a permutation of axes");
                seen[from(k)] = true;
                extents[k] = in[0].dim(from(k));
            }
            return new Shape[] {Shape.of(extents)};
        }
    }

    /// Inputs one after the other along `axis`; their other extents are equal.
    record Concat(int axis) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            int total = 0;
            for (int i = 0; i < in.length; i++) {
                Infer.axis(this, in, i, axis);
                Infer.same(this, in, i, in[0].with(axis, in[i].dim(axis)));
                total += in[i].dim(axis);
            }
            return new Shape[] {in[0].with(axis, total)};
        }
    }

    /// Places `from` (inclusive) to `to` (exclusive) of `axis`. A view for axis 0, else a copy.
    record Slice(int axis, int from, int to) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.axis(this, in, 0, axis);
            if (from < 0 || to <= from || to > in[0].dim(axis)) {
                String range = "the range " + from + " to " + to;
                throw new ShapeException(this, in, range + " is empty or outside axis " + axis);
            }
            return Infer.one(this, in, in[0].with(axis, to - from));
        }

        @Override
        public long viewOffset(Shape... in) {
            return axis == 0 ? from * in[0].product(1, in[0].rank()) : -1;
        }
    }

    /// x at places `from` … of an axis of `extent` places, zeros elsewhere: the transpose of [Slice].
    record Embed(int axis, int from, int extent) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.axis(this, in, 0, axis);
            if (from < 0 || from + in[0].dim(axis) > extent) {
                throw new ShapeException(this, in, "does not fit at " + from + " into an extent of " + extent);
            }
            return Infer.one(this, in, in[0].with(axis, extent));
        }
    }

    /// `y[i] = x[index[i]]`: rows of x by number. In: x (R, …); index of any shape, I32, in 0 … R − 1 (not checked on
    /// the device). Out: y (index's axes, …).
    record Gather() implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            if (in[0].rank() == 0) throw new ShapeException(this, in, "a scalar has no rows");
            int[] y = new int[in[1].rank() + in[0].rank() - 1];
            for (int i = 0; i < in[1].rank(); i++) y[i] = in[1].dim(i);
            for (int i = 1; i < in[0].rank(); i++) y[in[1].rank() + i - 1] = in[0].dim(i);
            return new Shape[] {Shape.of(y)};
        }

        @Override
        public boolean integerInput(int i) {
            return i == 1;
        }
    }

    /// `y[index[i]] += x[i]` from zero, in the order of i: the transpose of [Gather]. In: x (index's axes, …); index,
    /// I32. Out: y (rows, …).
    record Scatter(int rows) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            int lead = in[1].rank();
            if (in[0].rank() < lead) throw new ShapeException(this, in, "the index has more axes than the input");
            int[] y = new int[in[0].rank() - lead + 1];
            y[0] = rows;
            for (int i = 0; i < lead; i++) {
                if (in[0].dim(i) != in[1].dim(i)) throw new ShapeException(this, in, "the index has other extents");
            }
            for (int i = 1; i < y.length; i++) y[i] = in[0].dim(lead + i - 1);
            return new Shape[] {Shape.of(y)};
        }

        @Override
        public boolean integerInput(int i) {
            return i == 1;
        }
    }

    /// `y[i, c] = 1` where `c = label[i]`, else 0; a label outside 0 … classes − 1 gives a row of zeros. In: label (N),
    /// I32. Out: y (N, classes).
    record OneHot(int classes) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.rank(this, in, 0, 1);
            return Infer.one(this, in, Shape.of(in[0].dim(0), classes));
        }

        @Override
        public boolean integerInput(int i) {
            return true;
        }
    }

    /// x with `value` on the main diagonal. In: x (M, N). Out: y (M, N).
    record FillDiagonal(double value) implements MovementOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.rank(this, in, 0, 2);
            return Infer.one(this, in, in[0]);
        }
    }
}
