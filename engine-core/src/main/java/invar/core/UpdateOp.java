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
