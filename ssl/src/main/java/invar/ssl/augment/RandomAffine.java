package invar.ssl.augment;

import invar.core.Philox;

/// Turns, scales and shifts by random amounts; see [Affine].
///
/// Angle U(−degrees, degrees), scale U(minScale, maxScale), both shifts U(−shift, shift).
///
/// @param degrees largest turn either way
/// @param minScale smallest scale, > 0
/// @param maxScale largest scale
/// @param shift largest shift along each axis, in pixels
/// @param fill value outside the image, 0 black … 1 white
public record RandomAffine(double degrees, double minScale, double maxScale, double shift, double fill)
        implements Augmentation {

    /// Checks the settings.
    public RandomAffine {
        Require.range("RandomAffine", "scale", minScale, maxScale);
        Require.that(degrees >= 0 && degrees <= 180, "RandomAffine: degrees must be in [0, 180] but is " + degrees);
        Require.that(shift >= 0 && shift < 1 << 20, "RandomAffine: shift must be in pixels, >= 0, but is " + shift);
        Require.that(fill >= 0 && fill <= 1, "RandomAffine: fill must be in [0, 1] but is " + fill);
    }

    @Override
    public double turns() {
        return degrees;
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        double angle = random.uniform(-degrees, degrees), scale = random.uniform(minScale, maxScale);
        double x = random.uniform(-shift, shift), y = random.uniform(-shift, shift);
        Affine.warp(image, angle, scale, x, y, (float) fill);
    }
}
