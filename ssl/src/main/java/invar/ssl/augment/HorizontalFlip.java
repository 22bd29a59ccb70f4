package invar.ssl.augment;

import invar.core.Philox;

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
}
