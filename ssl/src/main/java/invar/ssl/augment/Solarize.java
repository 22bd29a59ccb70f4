package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;

/// Inverts what is bright: y = 1 − x where x ≥ threshold.
///
/// @param threshold 0.5 in BYOL and its followers (128 of 256 there)
/// @param p probability
public record Solarize(double threshold, double p) implements Augmentation {

    /// Checks the settings.
    public Solarize {
        Require.probability("Solarize", p);
        Require.that(threshold >= 0 && threshold <= 1, "Solarize: threshold must be in [0, 1] but is " + threshold);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        if (random.nextFloat() < p) ColorOps.solarize(image, (float) threshold);
    }

    @Override
    public int mostChanges() {
        return 1;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        if (random.nextFloat() < p) row.add(Change.SOLARIZE, threshold);
    }
}
