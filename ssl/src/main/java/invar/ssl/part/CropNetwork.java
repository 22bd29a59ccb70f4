package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
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

    /// g of each crop.
    ///
    /// @param crops at least one; (N, 3, S, S) each, of the same images, those of one size next to each other
    /// @return one (N, K) for each, in order
    public List<Tensor> apply(List<Tensor> crops, Mode mode) {
        Tensor features = MultiCrop.representations(backbone, crops, mode);                  // (V N, F)
        return MultiCrop.split(head.apply(features, mode), crops.getFirst().dim(0));
    }
}
