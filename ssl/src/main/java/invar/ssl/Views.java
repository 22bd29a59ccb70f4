package invar.ssl;

import invar.core.Tensor;
import java.util.List;
import java.util.Optional;

/// What a method sees of a batch: augmented views of the same images, row i of each view being image i.
///
/// @param global   views at full resolution, (N, 3, H, W) each; most methods have two
/// @param local    smaller crops of multi-crop methods, (N, 3, h, w) each; often none
/// @param index    (N), I32: which image of the data set each row is, the same in every epoch
/// @param labelled images with labels, for methods that need some
public record Views(List<Tensor> global, List<Tensor> local, Optional<Tensor> index, Optional<Labelled> labelled) {

    /// Images whose class is known, apart from those of the views.
    ///
    /// @param images (B, 3, H, W)
    /// @param labels (B), I32, in 0 … C − 1
    public record Labelled(Tensor images, Tensor labels) {}

    /// Copies the lists.
    public Views {
        global = List.copyOf(global);
        local = List.copyOf(local);
    }

    /// Global views only.
    public static Views of(Tensor... global) {
        return new Views(List.of(global), List.of(), Optional.empty(), Optional.empty());
    }

    /// The same with small crops.
    public Views withLocal(List<Tensor> crops) {
        return new Views(global, crops, index, labelled);
    }

    /// The same with the images' numbers.
    public Views withIndex(Tensor numbers) {
        return new Views(global, local, Optional.of(numbers), labelled);
    }

    /// The same with labelled images.
    public Views withLabelled(Tensor images, Tensor labels) {
        return new Views(global, local, index, Optional.of(new Labelled(images, labels)));
    }

    /// The first global view.
    public Tensor first() {
        return global.get(0);
    }

    /// The second global view.
    public Tensor second() {
        return global.get(1);
    }

    /// N, the number of images.
    public int images() {
        return first().dim(0);
    }
}
