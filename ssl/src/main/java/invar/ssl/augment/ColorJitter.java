package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;

/// Changes brightness, contrast, saturation and hue by random amounts, in random order, as torchvision's `ColorJitter`
/// inside `RandomApply`; Howard, "Some improvements on deep convolutional neural network based image classification",
/// 2013, [arXiv:1312.5402](https://arxiv.org/abs/1312.5402).
///
/// The factors of the first three are U(max(0, 1 − x), 1 + x), the turn of the hue is U(−hue, hue); see [ColorOps].
///
/// @param brightness x of the brightness, ≥ 0
/// @param contrast x of the contrast, ≥ 0
/// @param saturation x of the saturation, ≥ 0
/// @param hue largest turn, 0 … ½
/// @param p probability that anything happens
public record ColorJitter(double brightness, double contrast, double saturation, double hue, double p)
        implements Augmentation {

    /// Checks the settings.
    public ColorJitter {
        Require.probability("ColorJitter", p);
        Require.that(brightness >= 0 && contrast >= 0 && saturation >= 0,
                "ColorJitter: brightness, contrast and saturation must not be negative but are " + brightness + ", "
                        + contrast + ", " + saturation);
        Require.that(hue >= 0 && hue <= 0.5, "ColorJitter: hue must be in [0, 0.5] but is " + hue);
    }

    /// An adjustment with its random amount.
    public enum Adjustment {
        /// [ColorOps#brightness].
        BRIGHTNESS,
        /// [ColorOps#contrast].
        CONTRAST,
        /// [ColorOps#saturation].
        SATURATION,
        /// [ColorOps#hue].
        HUE
    }

    private static final Adjustment[] ADJUSTMENTS = Adjustment.values();

    /// Draws, in this order: whether, the order, the four amounts. Amounts are drawn even where they are not used, so
    /// that setting one strength to 0 leaves the others' draws.
    @Override
    public void apply(ImageBuffer image, Philox random) {
        draw(random, (adjustment, amount) -> adjust(image, adjustment, amount));
    }

    @Override
    public int mostChanges() {
        return ADJUSTMENTS.length;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        draw(random, (adjustment, amount) -> row.add(switch (adjustment) {
            case BRIGHTNESS -> Change.BRIGHTNESS;
            case CONTRAST -> Change.CONTRAST;
            case SATURATION -> Change.SATURATION;
            case HUE -> Change.HUE;
        }, amount));
    }

    private interface Use {
        void take(Adjustment adjustment, float amount);
    }

    private void draw(Philox random, Use use) {
        if (random.nextFloat() >= p) return;
        int[] order = random.permutation(ADJUSTMENTS.length);
        float b = factor(brightness, random), c = factor(contrast, random), s = factor(saturation, random);
        float turns = (float) random.uniform(-hue, hue);
        for (int which : order) {
            Adjustment adjustment = ADJUSTMENTS[which];
            if (strength(adjustment) > 0) use.take(adjustment, switch (adjustment) {
                case BRIGHTNESS -> b;
                case CONTRAST -> c;
                case SATURATION -> s;
                case HUE -> turns;
            });
        }
    }

    /// One adjustment by a given amount.
    public static void adjust(ImageBuffer image, Adjustment adjustment, float amount) {
        switch (adjustment) {
            case BRIGHTNESS -> ColorOps.brightness(image, amount);
            case CONTRAST -> ColorOps.contrast(image, amount);
            case SATURATION -> ColorOps.saturation(image, amount);
            case HUE -> ColorOps.hue(image, amount);
        }
    }

    private double strength(Adjustment adjustment) {
        return switch (adjustment) {
            case BRIGHTNESS -> brightness;
            case CONTRAST -> contrast;
            case SATURATION -> saturation;
            case HUE -> hue;
        };
    }

    private static float factor(double strength, Philox random) {
        return (float) random.uniform(Math.max(0, 1 - strength), 1 + strength);
    }
}
