package invar.ssl.augment;

import invar.core.Philox;

/// A few operations in a row, each drawn from the same fourteen, with one number for the strength of all: Cubuk, Zoph,
/// Shlens, Le, NeurIPS 2020, [arXiv:1909.13719](https://arxiv.org/abs/1909.13719), Fig. 2, in FixMatch's form (Sohn et
/// al., NeurIPS 2020, [arXiv:2001.07685](https://arxiv.org/abs/2001.07685), Sec. 2.3): the strength is drawn
/// anew for every operation, so that there is nothing to tune on labels, and an operation may be left out.
///
/// What a level means is in [Operation#apply]; from google-research/fixmatch, libml/augment.py (`AugmentPoolRAM`) and
/// third_party/auto_augment/augmentations.py.
///
/// Departures:
/// - pixels are floats, rounded to 256 values only where an operation needs them ([ToneCurves]), while PIL rounds after
///   every operation;
/// - what a turn, shear or shift brings in is grey at once; there it is transparent, and black instead if a later
///   operation is one that drops transparency;
/// - shifts are in 32nds of the side, which are pixels at CIFAR's size.
///
/// @param operations how many in a row
/// @param levels     a level is 1 … `levels`, of 10 in the code's scale
/// @param p          probability of each operation
public record RandAugment(int operations, int levels, double p) implements Augmentation {

    /// FixMatch's: two operations, levels 1 to 9 (`randint(1, 10)` has no 10), each with probability ½.
    public static final RandAugment FIXMATCH = new RandAugment(2, 9, 0.5);

    /// What is outside the image.
    private static final float GREY = 0.5f;

    /// Checks the settings.
    public RandAugment {
        Require.that(operations >= 1, "RandAugment: operations must be at least 1 but is " + operations);
        Require.that(levels >= 1 && levels <= 10, "RandAugment: levels must be 1 to 10 but is " + levels);
        Require.probability("RandAugment", p);
    }

    @Override
    public double turns() {
        return 3.0 * levels * operations;
    }

    /// One of the fourteen. Rotate to translate go either way.
    public enum Operation {
        /// Nothing.
        IDENTITY,
        /// [ToneCurves#autoContrast], whatever the level.
        AUTO_CONTRAST,
        /// [ToneCurves#equalize], whatever the level.
        EQUALIZE,
        /// By 3 degrees a level.
        ROTATE,
        /// Inverts values from (256 − ⌊25.6 level⌋) / 255 on.
        SOLARIZE,
        /// [ColorOps#saturation] by 0.1 + 0.18 level.
        COLOR,
        /// [ColorOps#contrast] by 0.1 + 0.18 level.
        CONTRAST,
        /// [ColorOps#brightness] by 0.1 + 0.18 level.
        BRIGHTNESS,
        /// [invar.ssl.augment.Sharpness#adjust] by 0.1 + 0.18 level.
        SHARPNESS,
        /// By 0.03 level pixels a row, from the top.
        SHEAR_X,
        /// By a 32nd of the width a level, rounded to pixels.
        TRANSLATE_X,
        /// By a 32nd of the height a level, rounded to pixels.
        TRANSLATE_Y,
        /// [ToneCurves#posterize] to 4 − ⌊0.4 level⌋ bits.
        POSTERIZE,
        /// By 0.03 level pixels a column, from the left.
        SHEAR_Y;

        /// Changes the image in place.
        ///
        /// @param level 0 … 10
        /// @param sign  1, or −1 for the other direction; only rotate, shear and translate have one
        public void apply(ImageBuffer image, int level, int sign) {
            float factor = (float) (0.1 + 0.18 * level);
            double shear = sign * 0.03 * level;
            switch (this) {
                case IDENTITY -> { }
                case AUTO_CONTRAST -> ToneCurves.autoContrast(image);
                case EQUALIZE -> ToneCurves.equalize(image);
                case ROTATE -> NearestAffine.rotate(image, sign * 3 * level, GREY);
                case SOLARIZE -> ColorOps.solarize(image, (255.5f - level * 256 / 10) / 255);     // between two values
                case COLOR -> ColorOps.saturation(image, factor);
                case CONTRAST -> ColorOps.contrast(image, factor);
                case BRIGHTNESS -> ColorOps.brightness(image, factor);
                case SHARPNESS -> Sharpness.adjust(image, factor);
                case SHEAR_X -> NearestAffine.warp(image, 1, shear, 0, 0, 1, 0, GREY);
                case TRANSLATE_X -> NearestAffine.warp(image, 1, 0, pixels(sign * level, image.width()), 0, 1, 0, GREY);
                case TRANSLATE_Y -> NearestAffine.warp(image, 1, 0, 0, 0, 1, pixels(sign * level, image.height()),
                        GREY);
                case POSTERIZE -> ToneCurves.posterize(image, 4 - level * 4 / 10);
                case SHEAR_Y -> NearestAffine.warp(image, 1, 0, 0, shear, 1, 0, GREY);
            }
        }

        private static double pixels(int level, int side) {
            return Math.rint(level * side / 32.0);
        }
    }

    private static final Operation[] ALL = Operation.values();

    /// Draws, for every operation: which, whether, the level, the direction. All are drawn even where they are not
    /// used, so that an operation's draws do not depend on those before it.
    @Override
    public void apply(ImageBuffer image, Philox random) {
        for (int i = 0; i < operations; i++) {
            Operation operation = ALL[random.nextInt(ALL.length)];
            boolean left = random.nextFloat() >= p;
            int level = 1 + random.nextInt(levels), sign = random.nextFloat() < 0.5f ? 1 : -1;
            if (!left) operation.apply(image, level, sign);
        }
    }
}
