package invar.ssl.part;

import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.ssl.Setup;
import java.util.stream.IntStream;

/// Shuffled batch norm (MoCo, He et al. 2020, [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Sec. 3.3): a
/// network sees the batch in a random order π, and its outputs are put back,
/// ```
/// y = f(x[π])[π⁻¹]
/// ```
/// Where batch norm has the statistics of a part of the batch (one device in the paper,
/// [invar.nn.SplitBatchNorm] here), an image is then normalised together with others than in the network that is not
/// shuffled, and the two cannot recognise each other by their statistics. Where batch norm sees the whole batch, or
/// there is none, this changes nothing.
///
/// @param order   π (N), I32, persistent: the image that is put at each place
/// @param inverse π⁻¹ (N), I32, persistent: the place at which each image is put
public record BatchShuffle(Tensor order, Tensor inverse) {

    /// For the batches of a run, in the order in which they come until [#draw] is called.
    public static BatchShuffle of(Setup setup) {
        BatchShuffle shuffle = new BatchShuffle(setup.integers(setup.batch()), setup.integers(setup.batch()));
        shuffle.set(IntStream.range(0, setup.batch()).toArray());
        return shuffle;
    }

    /// Takes another order at random. To be called before what a tape records.
    public void draw(Philox random) {
        set(random.permutation(order.dim(0)));
    }

    private void set(int[] permutation) {
        int[] back = new int[permutation.length];
        for (int place = 0; place < back.length; place++) back[permutation[place]] = place;
        order.upload(permutation);
        inverse.upload(back);
    }

    /// y, whose row i belongs to image i, in training mode.
    ///
    /// @param network f, from (N, …) to (N, D)
    /// @param x       (N, …)
    public Tensor through(Layer network, Tensor x) {
        return network.apply(x.gather(order), Mode.TRAIN).gather(inverse);
    }
}
