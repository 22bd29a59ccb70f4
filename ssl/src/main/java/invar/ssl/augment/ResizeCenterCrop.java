package invar.ssl.augment;

import invar.core.Philox;

/// The square in the middle, resized: what images are evaluated on. Draws nothing.
///
/// The square's side is `share` of the shorter side of the image, then bilinear and antialiased to `size`. With share
/// 224/256 and size 224 this is torchvision's `Resize(256), CenterCrop(224)`, except that the outermost pixels do not
/// see across the cut.
///
/// @param size side of the result in pixels
/// @param share of the shorter side that is kept, in (0, 1]
public record ResizeCenterCrop(int size, double share) implements Crop {

    /// Checks the settings.
    public ResizeCenterCrop {
        Require.size("ResizeCenterCrop", size);
        Require.that(share > 0 && share <= 1, "ResizeCenterCrop: share must be in (0, 1] but is " + share);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        int height = image.height(), width = image.width();
        RandomResizedCrop.Box box = box(height, width, random);
        if (box.height() == size && height == size && width == size) return;
        RandomResizedCrop.crop(image, box, size, size, true);
    }

    @Override
    public RandomResizedCrop.Box box(int height, int width, Philox random) {
        int side = Math.max(1, (int) Math.rint(share * Math.min(height, width)));
        return new RandomResizedCrop.Box((height - side) / 2, (width - side) / 2, side, side);
    }
}
