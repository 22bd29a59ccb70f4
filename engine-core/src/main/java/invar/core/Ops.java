package invar.core;

/// The door for ops that have no method of [Tensor]: fused ops, in-place updates.
public final class Ops {

    private Ops() {}

    /// Applies `op`: checks, allocates the outputs in the current scope, computes, and records if something is watched.
    ///
    /// @return all outputs, saved values included; none for an [Op.InPlace]
    public static Tensor[] apply(Op op, Tensor... in) {
        return Tensor.apply(op, in);
    }

    /// The first output of `op`.
    public static Tensor run(Op op, Tensor... in) {
        return Tensor.apply(op, in)[0];
    }

    /// Overwrites the first inputs of `op`.
    public static void update(Op.InPlace op, Tensor... in) {
        Tensor.apply(op, in);
    }
}
