package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.Views;
import java.util.ArrayList;
import java.util.List;

/// Crops of several sizes through one network (SwAV, Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 3.2, and `forward` of the official resnet50.py; also
/// DeepCluster-v2 and DINO): neighbours of one size go through the encoder in one pass, so that batch norm sees them
/// together, and the representations of all crops then through the head in one pass.
///
/// V is the number of crops of an image, N the number of images.
public final class MultiCrop {

    private MultiCrop() {}

    /// The V crops of a batch, global ones first.
    public static List<Tensor> crops(Views views) {
        List<Tensor> crops = new ArrayList<>(views.global());
        crops.addAll(views.local());
        return crops;
    }

    /// What the encoder makes of all crops.
    ///
    /// @param crops V tensors (N, C, H, W); those of one size next to each other
    /// @return h (V · N, F): the rows of the first crop, then those of the second, …
    public static Tensor representations(Layer encoder, List<Tensor> crops, Mode mode) {
        List<Tensor> parts = new ArrayList<>();
        for (int from = 0, to; from < crops.size(); from = to) {
            to = from + 1;
            while (to < crops.size() && crops.get(to).dim(-1) == crops.get(from).dim(-1)) to++;
            parts.add(encoder.apply(joined(crops.subList(from, to)), mode));
        }
        return joined(parts);
    }

    /// What SwAV and DeepCluster-v2 compare with prototypes: z = g(h) / ‖g(h)‖.
    ///
    /// @param projector g
    /// @return z (V · N, D), crop by crop
    public static Tensor embeddings(Layer encoder, Mlp projector, List<Tensor> crops, Mode mode) {
        return Losses.normalize(projector.apply(representations(encoder, crops, mode), mode));
    }

    /// The rows of each crop, the inverse of putting them one after the other. Views of `rows`.
    ///
    /// @param rows   (V · N, …)
    /// @param images N
    public static List<Tensor> split(Tensor rows, int images) {
        List<Tensor> parts = new ArrayList<>();
        for (int from = 0; from < rows.dim(0); from += images) parts.add(rows.rows(from, from + images));
        return parts;
    }

    private static Tensor joined(List<Tensor> parts) {
        Tensor[] others = parts.subList(1, parts.size()).toArray(Tensor[]::new);
        return others.length == 0 ? parts.getFirst() : parts.getFirst().concat(0, others);
    }
}
