package invar.benchmarks.work;

/// How far a differentiable computation goes.
public enum Pass {
    /// The result alone; nothing is recorded.
    FORWARD,
    /// The result and the gradients for its inputs.
    BOTH
}
