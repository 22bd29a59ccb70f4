package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;

/// Mirrors the image left to right.
///
/// @param p probability
public record HorizontalFlip(double p) implements Augmentation {

    /// Checks the settings.
    public HorizontalFlip {
        Require.probability("HorizontalFlip", p);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        if (random.nextFloat() < p) Rearrange.flip(image);
    }

    @Override
    public int mostChanges() {
        return 1;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        if (random.nextFloat() < p) row.add(Change.FLIP, 0);
    }
}
