package invar.ssl.part;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.ssl.Setup;
import java.util.LinkedHashMap;
import java.util.Map;

/// How similar queries are to their own keys and to other keys in the last step, on average:
/// ```
/// positive = 1/N Σᵢ qᵢ · kᵢ        negative = mean over i, j of qᵢ · oⱼ = (mean of q) · (mean of o)
/// ```
/// Both near 1: the network tells nothing apart. Both near 0: it does not see that two views are of one image.
///
/// @param values positive and negative (2), −1 to 1 for rows of unit length; persistent, 0 before the first step
public record Similarity(@Buffer Tensor values) {

    /// Before the first step.
    public static Similarity of(Setup setup) {
        return new Similarity(setup.zeros(2));
    }

    /// Takes the means of this step.
    ///
    /// @param q      (N, D)
    /// @param k      (N, D), row i belonging to row i of q
    /// @param others (M, D), none of which belongs to a row of q
    public void take(Tensor q, Tensor k, Tensor others) {
        put(q.mul(k).sum(1).mean(), q.mean(0).mul(others.mean(0)).sum());
    }

    /// The same where the others are the keys of the other rows, N ≥ 2: the mean over i ≠ j of qᵢ · kⱼ.
    public void take(Tensor q, Tensor k) {
        double n = q.dim(0);
        Tensor positive = q.mul(k).sum(1).mean(), all = q.mean(0).mul(k.mean(0)).sum();
        put(positive, all.scale(n / (n - 1)).sub(positive.scale(1 / (n - 1))));
    }

    private void put(Tensor positive, Tensor negative) {
        Ops.update(UpdateOp.Assign.COPY, values, positive.reshape(1).concat(0, negative.reshape(1)).stopGradient());
    }

    /// Both by name, as a method reports them.
    public Map<String, Double> health() {
        double[] both = values.doubles();
        Map<String, Double> health = new LinkedHashMap<>();
        health.put("positive similarity", both[0]);
        health.put("negative similarity", both[1]);
        return health;
    }
}
