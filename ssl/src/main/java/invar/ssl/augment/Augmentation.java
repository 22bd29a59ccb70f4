package invar.ssl.augment;

import invar.core.Philox;
import java.util.Optional;

/// One random change of an image, as data: a record whose components are all its settings, so that it can be printed,
/// stored with a run and compared.
///
/// What it does to an image is a pure function of the settings, the image and the random numbers it draws. Which
/// numbers those are is [Compose]'s business.
public sealed interface Augmentation
        permits Crop, HorizontalFlip, ColorJitter, Grayscale, GaussianBlur, Solarize, RandomAffine, RandomShift,
                RandAugment, Cutout, ColorDropping, JigsawTiles, Patches, Normalize {

    /// Changes the image in place.
    ///
    /// @param random a cursor of this augmentation's own; a step that is skipped with some probability draws that first
    void apply(ImageBuffer image, Philox random);

    /// The name that keys this augmentation's random numbers, e.g. `ColorJitter`.
    default String kind() {
        return getClass().getSimpleName();
    }

    /// How many changes of [invar.core.fused.AugmentImages] it is at most, a crop being none of them; −1 if it is not
    /// made of these.
    default int mostChanges() {
        return -1;
    }

    /// Whether it cuts out a square, and so can only come first where views are made by that op.
    default boolean crops() {
        return false;
    }

    /// Adds to `row` what [#apply] would do, drawing the same numbers.
    ///
    /// @throws UnsupportedOperationException if [#mostChanges] is −1
    default void list(ViewRow row, Philox random) {
        throw new UnsupportedOperationException(kind() + " is not made of changes that a device knows");
    }

    /// Whether what comes out has mean 0 and deviation 1 by its own numbers, so that no [Normalize] is to follow.
    default boolean standardises() {
        return false;
    }

    /// The pieces that it lays side by side, if it does.
    default Optional<Mosaic> mosaic() {
        return Optional.empty();
    }

    /// By how many degrees it may turn an image, either way: 0 to 180.
    default double turns() {
        return 0;
    }
}
