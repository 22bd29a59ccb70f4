package invar.ssl.augment;

import invar.core.Philox;

/// An augmentation that replaces an image by a box of itself, as a square. Where views are made by
/// [invar.core.fused.AugmentImages] it can only come first, and is none of that op's changes.
public sealed interface Crop extends Augmentation permits RandomResizedCrop, RandomCrop, ResizeCenterCrop {

    /// Side of what comes out, in pixels.
    int size();

    /// What is cut out of an image of `height` × `width` pixels; it may reach over the edge where [RandomCrop] pads.
    ///
    /// @param random the cursor that [#apply] would get
    RandomResizedCrop.Box box(int height, int width, Philox random);

    @Override
    default int mostChanges() {
        return 0;
    }

    @Override
    default boolean crops() {
        return true;
    }

    @Override
    default void list(ViewRow row, Philox random) {
        row.crop(box(row.height(), row.width(), random), size());
    }
}
