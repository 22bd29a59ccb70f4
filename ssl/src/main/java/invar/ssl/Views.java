package invar.ssl;

import invar.core.Tensor;
import java.util.List;

/// What a method sees of a batch: augmented views of the same images, row i of each view being image i.
///
/// @param global views at full resolution, (N, 3, H, W) each; most methods have two
/// @param local smaller crops of multi-crop methods, (N, 3, h, w) each; often none
public record Views(List<Tensor> global, List<Tensor> local) {

    /// Copies the lists.
    public Views {
        global = List.copyOf(global);
        local = List.copyOf(local);
    }

    /// Global views only.
    public static Views of(Tensor... global) {
        return new Views(List.of(global), List.of());
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
