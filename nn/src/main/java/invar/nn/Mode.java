package invar.nn;

/// What a network is run for. Only layers that behave differently look at it, of which [BatchNorm] is the one here.
public enum Mode {
    /// To be trained: batch normalisation uses the batch's own statistics and moves its running ones.
    TRAIN,
    /// To be used: batch normalisation uses its running statistics, and nothing is changed.
    EVAL
}
