package invar.ssl.train;

/// What the workers of a [BatchLoader] make of the images of a batch.
interface BatchMaker {

    /// A batch with room for so many images.
    Batch fresh(int images);

    /// Makes image i of a batch, whose number stands in it already. Called by several threads at once, for different
    /// images.
    void make(Batch target, int i, long epoch);
}
