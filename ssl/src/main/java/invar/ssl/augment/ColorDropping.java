package invar.ssl.augment;

import invar.core.Philox;
import java.util.Arrays;

/// Keeps one channel, drawn at random, and drops the other two: against learning from chromatic aberration, by which
/// neighbouring patches give away where they lie. Doersch, Gupta, Efros, "Unsupervised visual representation learning
/// by context prediction", ICCV 2015, [arXiv:1505.05192](https://arxiv.org/abs/1505.05192), Sec. 3.1; CPC v2 does it
/// patch by patch.
///
/// Departure: a dropped channel becomes the mid grey ½. Doersch et al. fill it with faint noise around the mean.
///
/// @param p probability
public record ColorDropping(double p) implements Augmentation {

    private static final float FILL = 0.5f;

    /// Checks the settings.
    public ColorDropping {
        Require.probability("ColorDropping", p);
    }

    /// Draws, in this order: whether, which channel stays.
    @Override
    public void apply(ImageBuffer image, Philox random) {
        if (random.nextFloat() >= p) return;
        int kept = random.nextInt(ImageBuffer.CHANNELS);
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            if (c != kept) Arrays.fill(image.plane(c), 0, image.area(), FILL);
        }
    }
}
