package invar.core;

/// Plain in-place updates of a tensor y.
public sealed interface UpdateOp extends Op.InPlace {

    @Override
    default int written() {
        return 1;
    }

    /// Updates by a second tensor.
    enum Assign implements UpdateOp {
        /// y ← x. In: y; x of the same shape.
        COPY,
        /// y ← y + x. In: y; x of the same shape.
        ACCUMULATE,
        /// y ← y − c x. In: y; x of the same shape; c, a scalar.
        DESCEND,
        /// y ← c y + (1 − c) x: an exponential moving average with decay c. In: y; x of the same shape; c, a scalar.
        AVERAGE;

        @Override
        public Shape[] infer(Shape... in) {
            boolean scaled = this == DESCEND || this == AVERAGE;
            Infer.count(this, in, scaled ? 3 : 2);
            Infer.same(this, in, 1, in[0]);
            if (scaled) Infer.scalar(this, in, 2);
            return new Shape[0];
        }
    }

    /// y ← value, everywhere. In: y, floating.
    record Fill(double value) implements UpdateOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 1);
            return new Shape[0];
        }
    }

    /// Rows at, at + 1, … of y ← the rows of x, where `at` is read when the op runs, so that a captured step can write
    /// to another place every time it is replayed. Rows that y does not have are left out. In: y (n, …), x (m, …) of
    /// the same type with rows of the same shape; at, an I32 scalar.
    record PutRows() implements UpdateOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 3);
            if (in[0].rank() == 0) throw new ShapeException(this, in, "a scalar has no rows");
            if (in[1].rank() == 0 || !in[1].equals(in[0].with(0, in[1].dim(0)))) {
                throw new ShapeException(this, in, "the rows of inputs 0 and 1 differ in shape");
            }
            Infer.scalar(this, in, 2);
            return new Shape[0];
        }

        @Override
        public boolean integerInput(int i) {
            return i == 2;
        }
    }

    /// y ← (y + by) mod modulus: a place in a ring that moves on, on the device. In: y, I32, from 0 to modulus − 1.
    ///
    /// @param by      at least 0
    /// @param modulus at least 1; together with `by` at most 2³¹ − 1
    record Advance(int by, int modulus) implements UpdateOp {
        public Advance {
            if (by < 0 || modulus < 1 || (long) by + modulus > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("a place moves on by at least 0, modulo at least 1, in all at most "
                        + Integer.MAX_VALUE + ", not by " + by + " modulo " + modulus);
            }
        }

        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 1);
            return new Shape[0];
        }

        @Override
        public boolean integerInput(int i) {
            return true;
        }
    }

    /// The distribution of [Random].
    enum Distribution {
        /// Uniform in [0, 1), multiples of 2⁻²⁴.
        UNIFORM,
        /// Standard normal ([Philox#gaussian]).
        NORMAL
    }

    /// Fills y with random numbers from the Philox stream `stream` under `seed`: element i comes from word i (UNIFORM)
    /// or from words 2i and 2i + 1 (NORMAL), whatever the backend and its number of threads. In: y, floating.
    record Random(Distribution distribution, long seed, long stream) implements UpdateOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 1);
            return new Shape[0];
        }
    }
}
