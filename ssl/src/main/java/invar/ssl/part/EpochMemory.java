package invar.ssl.part;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.ssl.Setup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The features of all images of an epoch, as the network made them when their batch came by: what DeepCluster-v2
/// clusters, at no extra pass over the data (Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), appendix).
///
/// Rows are in the order in which the images came, as in the official code, so that a batch is one copy; [#images] says
/// whose they are.
///
/// @param features for each global view z (R, D), persistent; R images come in an epoch of whole batches
/// @param image    (R), I32, persistent: the image of each row
/// @param filled   how many rows there are, a persistent integer scalar
public record EpochMemory(@Buffer List<Tensor> features, @Buffer Tensor image, @Buffer Tensor filled) {

    /// An empty one for the images of an epoch.
    ///
    /// @param views how many views of an image are kept
    /// @param width D
    /// @throws invar.ssl.UserError if R × D is too large
    public static EpochMemory of(Setup setup, int views, int width) {
        int rows = rows(setup);
        Setup.requireRoom("images × projection", rows, width);
        List<Tensor> features = new ArrayList<>();
        for (int v = 0; v < views; v++) features.add(setup.zeros(rows, width));
        return new EpochMemory(List.copyOf(features), setup.integers(rows), setup.integers());
    }

    /// R, how many images come in an epoch of whole batches.
    public static int rows(Setup setup) {
        return Math.toIntExact(setup.stepsPerEpoch() * setup.batch());
    }

    /// Forgets all rows.
    public void clear() {
        filled.upload(0);
    }

    /// Adds the rows of a batch. Nothing says so where there is no room for them until [#count] is asked.
    ///
    /// @param z     for each view (N, D)
    /// @param index (N), I32: which images they are
    public void add(List<Tensor> z, Tensor index) {
        for (int v = 0; v < features.size(); v++) {
            Ops.update(new UpdateOp.PutRows(), features.get(v), z.get(v), filled);
        }
        Ops.update(new UpdateOp.PutRows(), image, index, filled);
        Ops.update(new UpdateOp.Advance(index.dim(0), Integer.MAX_VALUE - index.dim(0)), filled);
    }

    /// How many rows there are now. Waits for the device.
    ///
    /// @throws IllegalStateException if more were added than there is room for
    public int count() {
        int count = filled.integers()[0], room = image.dim(0);
        if (count > room) {
            throw new IllegalStateException("a memory for " + room + " images was given " + count);
        }
        return count;
    }

    /// The rows of one view.
    public Tensor rows(int view) {
        return features.get(view).rows(0, count());
    }

    /// The image of each row.
    public int[] images() {
        return Arrays.copyOf(image.integers(), count());
    }

    /// The numbers of the rows in the order of their images, which does not depend on the order in which they came.
    public int[] byImage() {
        int[] images = images();
        long[] pairs = new long[images.length];
        for (int r = 0; r < pairs.length; r++) pairs[r] = (long) images[r] << 32 | r;
        Arrays.sort(pairs);
        return Arrays.stream(pairs).mapToInt(pair -> (int) pair).toArray();
    }
}
