package invar.ssl.part;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.ssl.Setup;
import java.util.Map;

/// How well queries find their keys among those of a [FeatureQueue], and how old these are.
///
/// @param similarity of queries to their own key and to those of the queue
/// @param age        (1): how many steps ago the oldest key of the queue was made; before the queue is full, since when
///                   it is being filled; −1 before the first step
public record QueueHealth(@Buffer Similarity similarity, @Buffer Tensor age) {

    /// Before the first step.
    public static QueueHealth of(Setup setup) {
        return new QueueHealth(Similarity.of(setup), minusOne(setup));
    }

    /// Takes the numbers of this step, before its keys are enqueued.
    ///
    /// @param q     (N, D)
    /// @param k     (N, D), row i belonging to row i of q; these are what each step adds to the queue
    /// @param queue with which q was compared
    public void take(Tensor q, Tensor k, FeatureQueue queue) {
        similarity.take(q, k, queue.rows());
        int full = queue.rows().dim(0) / k.dim(0);                                 // steps until all rows are keys
        Ops.update(UpdateOp.Assign.COPY, age, age.plus(1).neg().clampMin(-full).neg());
    }

    private static Tensor minusOne(Setup setup) {
        Tensor age = setup.zeros(1);
        age.upload(-1.0);
        return age;
    }

    /// All by name, as a method reports them.
    public Map<String, Double> health() {
        Map<String, Double> health = similarity.health();
        health.put("queue age", Math.max(0, age.item()));
        return health;
    }
}
