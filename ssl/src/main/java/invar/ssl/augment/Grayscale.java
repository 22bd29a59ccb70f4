package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;

/// Takes the colour away: all channels become 0.2989 R + 0.587 G + 0.114 B.
///
/// @param p probability
public record Grayscale(double p) implements Augmentation {

    /// Checks the settings.
    public Grayscale {
        Require.probability("Grayscale", p);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        if (random.nextFloat() < p) ColorOps.grayscale(image);
    }

    @Override
    public int mostChanges() {
        return 1;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        if (random.nextFloat() < p) row.add(Change.GREY, 0);
    }
}
