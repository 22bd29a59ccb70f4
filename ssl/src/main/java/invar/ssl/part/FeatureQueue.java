package invar.ssl.part;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.Losses;
import invar.ssl.Setup;

/// The keys of the last batches, first in, first out: MoCo's negatives (He et al. 2020,
/// [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Sec. 3.2 and Algorithm 1).
///
/// The pointer is kept on the device with the rows, so that a checkpoint holds both; [#enqueue] reads it back, which
/// waits for the device.
///
/// Departure: the official code stores the transpose (D, K).
///
/// @param rows    (K, D), persistent
/// @param pointer the row that is overwritten next, a persistent integer scalar
public record FeatureQueue(@Buffer Tensor rows, @Buffer Tensor pointer) {

    public FeatureQueue {
        if (rows.shape().rank() != 2) throw new IllegalArgumentException("a queue is a matrix, not " + rows.shape());
    }

    /// A queue of random rows of unit length (moco/builder.py), all of which keys have replaced after K / N steps.
    ///
    /// @param length   K, the setting `queue`
    /// @param features D
    /// @param added    N, how many keys each step brings
    /// @throws invar.ssl.UserError if N does not divide K, or K × D or K × N is too large
    public static FeatureQueue of(Setup setup, int length, int features, int added) {
        Setup.requireRoom("queue × projection", length, features);
        Setup.requireFits("queue × the keys of one step", length, added);
        Setup.require(length % added == 0, "The setting queue must be a multiple of the keys of one step, which are "
                + added + " with a batch of " + setup.batch() + ", but is " + length + ".");
        Init init = setup.init().at("queue");
        Tensor normal = init.tensor("rows", new Initializer.Normal(1), Shape.of(length, features));
        return init.device().persistent(() ->
                new FeatureQueue(Losses.normalize(normal), init.device().integers(Shape.of(), 0)));
    }

    /// Overwrites the oldest N rows by the keys, N dividing K.
    ///
    /// @param keys (N, D), used as given: of unit length in MoCo
    /// @throws IllegalArgumentException if N does not divide K, or the extents D differ
    public void enqueue(Tensor keys) {
        int n = keys.dim(0), k = rows.dim(0);
        if (k % n != 0) {
            throw new IllegalArgumentException(
                    "the length of the queue, " + k + ", must be a multiple of the batch, which is " + n);
        }
        Ops.update(new UpdateOp.PutRows(), rows, keys, pointer);
        Ops.update(new UpdateOp.Advance(n, k), pointer);
    }
}
