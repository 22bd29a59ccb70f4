package invar.ssl.part;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.ssl.Setup;
import invar.ssl.Step;
import java.util.List;
import java.util.stream.IntStream;

/// To which prototypes the images of a batch are assigned: SwAV's codes (Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 3.1).
///
/// A batch that is small beside the number of prototypes is assigned together with the features of former batches, kept
/// in a queue for each view, whose scores are made anew with the prototypes of the day. Only the rows of the batch are
/// used:
/// ```
/// Q = Sinkhorn([queue; z] Cᵀ)          q = the last N rows of Q
/// ```
///
/// @param sinkhorn makes the assignment
/// @param queues   of each view, rows of unit length (L, D); none without
/// @param used     (K), persistent: 1 for each prototype that was the nearest of some image in this epoch
/// @param start    the first step whose batch enters the queues
/// @param full     the first step in which the queues, if there are any, hold features everywhere and are used
/// @param epoch    steps of an epoch
public record Codes(Sinkhorn sinkhorn, @Buffer List<FeatureQueue> queues, @Buffer Tensor used, long start, long full,
        long epoch) {

    /// With empty queues for the two global views.
    ///
    /// @param prototypes K
    /// @param width      D
    /// @param queue      L, 0 for none
    /// @param from       the first epoch, from 0, whose batches enter the queues
    /// @throws invar.ssl.UserError if L is no multiple of the batch, or L × D or (L + N) × K is too large
    public static Codes of(Setup setup, Sinkhorn sinkhorn, int prototypes, int width, int queue, int from) {
        Setup.require(queue % setup.batch() == 0, "The setting queue is " + queue
                + ", but it must be a multiple of the batch, which is " + setup.batch() + ".");
        Setup.requireRoom("queue × projection", queue, width);
        Setup.requireFits("(queue + batch) × prototypes", (long) queue + setup.batch(), prototypes);
        long start = from * setup.stepsPerEpoch();
        List<FeatureQueue> queues = IntStream.range(0, queue == 0 ? 0 : 2)
                .mapToObj(v -> new FeatureQueue(setup.zeros(queue, width), setup.integers())).toList();
        return new Codes(sinkhorn, queues, setup.zeros(prototypes), start, start + queue / setup.batch(),
                setup.stepsPerEpoch());
    }

    /// At the start of an epoch, forgets which prototypes were the nearest of an image.
    public void beforeStep(Step step) {
        if (step.index() % epoch == 0) Ops.update(new UpdateOp.Fill(0), used);
    }

    /// q of each view, constants for differentiation.
    ///
    /// @param scores     z Cᵀ (N, K) of each view
    /// @param prototypes C
    /// @return for each view (N, K), rows of probabilities
    public List<Tensor> assign(List<Tensor> scores, Prototypes prototypes, Step step) {
        return IntStream.range(0, scores.size()).mapToObj(v -> {
            Tensor batch = scores.get(v).stopGradient();
            if (queues.isEmpty() || !step.reached(full)) return sinkhorn.assign(batch);
            Tensor older = prototypes.constantScores(queues.get(v).rows());                  // (L, K)
            int l = older.dim(0);
            return sinkhorn.assign(older.concat(0, batch)).rows(l, l + batch.dim(0));
        }).toList();
    }

    /// After the step: puts the features of a batch in place of the oldest, and notes which prototypes were the nearest
    /// of an image.
    ///
    /// @param z     (N, D) of each view
    /// @param codes (N, K) of each view
    public void update(List<Tensor> z, List<Tensor> codes, Step step) {
        for (int v = 0; v < queues.size() && step.reached(start); v++) queues.get(v).enqueue(z.get(v));
        for (Tensor q : codes) {
            Tensor nearest = q.equal(q.maximum(1)).maximum(0).reshape(used.shape());
            Ops.update(UpdateOp.Assign.COPY, used, used.max(nearest));
        }
    }

    /// The share of the prototypes that were the nearest of some image in this epoch. Waits for the device.
    public double share() {
        return used.mean().item();
    }
}
