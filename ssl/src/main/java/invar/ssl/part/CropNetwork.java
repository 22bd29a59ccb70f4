package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.ssl.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A network for crops of several sizes, g = h ∘ f (Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 3.2; facebookresearch/dino, utils.py: MultiCropWrapper):
/// neighbours of equal size go through the backbone together, and then the features of all crops through the head at
/// once. So batch norm sees all crops of a size in the backbone, and all crops in the head.
///
/// @param backbone f, (M, 3, S, S) to (M, F), for any S
/// @param head     h, (M, F) to (M, K)
/// @param <H>      the kind of head
public record CropNetwork<H extends Layer>(Layer backbone, H head) {

    /// The crops of a batch, large ones first.
    public static List<Tensor> crops(Views views) {
        List<Tensor> crops = new ArrayList<>(views.global());
        crops.addAll(views.local());
        return crops;
    }

    /// g of each crop.
    ///
    /// @param crops at least one; (N, 3, S, S) each, of the same images
    /// @return one (N, K) for each, in order
    public List<Tensor> apply(List<Tensor> crops, Mode mode) {
        List<Tensor> features = new ArrayList<>();
        for (int from = 0, to; from < crops.size(); from = to) {
            to = from + 1;
            while (to < crops.size() && crops.get(to).shape().equals(crops.get(from).shape())) to++;
            features.add(backbone.apply(joined(crops.subList(from, to)), mode));
        }
        Tensor y = head.apply(joined(features), mode);                                       // (V N, K)
        int n = crops.getFirst().dim(0);
        List<Tensor> apart = new ArrayList<>();
        for (int v = 0; v < crops.size(); v++) apart.add(y.rows(v * n, (v + 1) * n));
        return apart;
    }

    private static Tensor joined(List<Tensor> parts) {
        Tensor[] all = parts.toArray(Tensor[]::new);
        return all.length == 1 ? all[0] : all[0].concat(0, Arrays.copyOfRange(all, 1, all.length));
    }
}
