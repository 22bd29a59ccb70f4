package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import invar.benchmarks.compare.CaseName;
import invar.benchmarks.compare.Job;
import java.util.function.Supplier;

/// A case in libtorch. Every call frees the results of the one before it, so that their memory can be used again, as
/// in a training loop.
abstract class TorchJob implements Job {

    private final NDManager inputs;
    private NDManager results;
    private NDArray[] last = {};

    TorchJob(NDManager manager) {
        inputs = manager;
    }

    /// What is timed. An array that a DJL operation makes belongs to the manager of its first operand: that of
    /// [#here] or [#leaf], which ends with the call.
    abstract NDArray[] compute();

    /// Whether a call moves what the next one works on.
    boolean training() {
        return false;
    }

    @Override
    public final float[] sample() {
        float[] sample = sampled();
        return training() ? CaseName.joined(sample, sampled()) : sample;
    }

    private float[] sampled() {
        before(1);
        call();
        float[][] some = new float[last.length][];
        for (int i = 0; i < last.length; i++) some[i] = CaseName.spread(last[i].toFloatArray());
        return CaseName.joined(some);
    }

    @Override
    public final void call() {
        for (NDArray array : last) array.close();
        if (results != null) results.close();
        results = null;
        last = compute();
    }

    final NDArray input(float[] values, long... extents) {
        return inputs.create(values, new Shape(extents));
    }

    final NDArray zeros(long... extents) {
        return inputs.zeros(new Shape(extents));
    }

    final NDArray ones(long... extents) {
        return inputs.ones(new Shape(extents));
    }

    /// (N, C, H, W) in the memory order of (N, H, W, C): libtorch recognises it by its strides, and keeps to it.
    final NDArray channelsLast(NDArray x) {
        Shape s = x.getShape();
        NDArray y = x.transpose(0, 2, 3, 1).flatten().reshape(s.get(0), s.get(2), s.get(3), s.get(1));
        return y.transpose(0, 3, 1, 2);
    }

    /// The same array, under a manager that ends with this call.
    final NDArray here(NDArray x) {
        if (results == null) results = inputs.newSubManager();
        NDArray here = JniUtils.detachGradient((PtNDArray) x);
        here.attach(results);
        return here;
    }

    /// The same array as a fresh leaf of the graph: so no gradient of an earlier call has to be cleared or added to.
    final NDArray leaf(NDArray x) {
        NDArray leaf = here(x);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    /// Runs `forward` while the graph is recorded; outside of it nothing is, as under `torch.no_grad()`.
    static <T> T recorded(Supplier<T> forward) {
        JniUtils.setGradMode(true);
        try {
            return forward.get();
        } finally {
            JniUtils.setGradMode(false);
        }
    }

    /// Fills in the gradients of the leaves behind y, and frees the graph.
    static void backward(NDArray y, NDArray dy) {
        JniUtils.backward((PtNDArray) y, (PtNDArray) dy, false, false);
    }

    /// The same from a scalar.
    static void backward(NDArray loss) {
        backward(loss, loss.onesLike());
    }

    /// Batch norm with the statistics of the batch; moves the running ones.
    static NDArray batchNorm(NDArray x, NDArray mean, NDArray variance, NDArray gamma, NDArray beta) {
        return JniUtils.batchNorm((PtNDArray) x, (PtNDArray) mean, (PtNDArray) variance, (PtNDArray) gamma,
                (PtNDArray) beta, true, 0.1, 1e-5);
    }

    @Override
    public final void close() {
        inputs.close();
    }
}
