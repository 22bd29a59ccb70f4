package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;

/// Blurs with a random width; see [Convolution] for the kernel. Borders are mirrored, as in torchvision.
///
/// @param kernel size of the kernel in pixels, odd
/// @param minSigma smallest standard deviation in pixels, > 0
/// @param maxSigma largest standard deviation in pixels
/// @param p probability
public record GaussianBlur(int kernel, double minSigma, double maxSigma, double p) implements Augmentation {

    /// Checks the settings.
    public GaussianBlur {
        Require.that(kernel >= 1 && kernel % 2 == 1, "GaussianBlur: kernel must be odd and positive but is " + kernel);
        Require.range("GaussianBlur", "sigma", minSigma, maxSigma);
        Require.probability("GaussianBlur", p);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        if (random.nextFloat() >= p) return;
        Convolution.gaussian(image, kernel, random.uniform(minSigma, maxSigma), Convolution.Border.REFLECT);
    }

    @Override
    public int mostChanges() {
        return 1;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        if (random.nextFloat() >= p) return;
        Require.that(kernel / 2 < row.side(), "GaussianBlur: a kernel of " + kernel
                + " px cannot be mirrored into a view of " + row.side() + " px");
        row.add(Change.BLUR, random.uniform(minSigma, maxSigma), kernel);
    }
}
