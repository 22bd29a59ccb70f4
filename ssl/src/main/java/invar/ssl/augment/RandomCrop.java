package invar.ssl.augment;

import invar.core.Philox;
import java.util.Arrays;

/// Pads the image with zeros on all sides and cuts out a square at a random place: the classic augmentation of CIFAR,
/// Lee et al., "Deeply-supervised nets", AISTATS 2015, with size 32 and padding 4.
///
/// @param size side of the result in pixels
/// @param padding zeros added on each side, in pixels
public record RandomCrop(int size, int padding) implements Crop {

    /// Checks the settings.
    public RandomCrop {
        Require.size("RandomCrop", size);
        Require.that(padding >= 0, "RandomCrop: padding must not be negative but is " + padding);
    }

    /// @throws IllegalArgumentException if the padded image is smaller than `size`
    @Override
    public void apply(ImageBuffer image, Philox random) {
        int height = image.height(), width = image.width();
        RandomResizedCrop.Box box = box(height, width, random);
        int top = box.top(), left = box.left();
        float[][] spare = image.spare(size * size);
        int from = Math.max(left, 0), to = Math.min(left + size, width);
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            Arrays.fill(spare[c], 0, size * size, 0f);
            for (int row = Math.max(top, 0); row < Math.min(top + size, height) && from < to; row++)
                System.arraycopy(image.plane(c), row * width + from, spare[c], (row - top) * size + from - left,
                        to - from);
        }
        image.swap(size, size);
    }

    @Override
    public RandomResizedCrop.Box box(int height, int width, Philox random) {
        int freeRows = height + 2 * padding - size, freeColumns = width + 2 * padding - size;
        Require.that(freeRows >= 0 && freeColumns >= 0, "RandomCrop: an image of " + height + " x " + width
                + " px with padding " + padding + " is smaller than the crop of " + size + " px");
        int top = random.nextInt(freeRows + 1) - padding, left = random.nextInt(freeColumns + 1) - padding;
        return new RandomResizedCrop.Box(top, left, size, size);
    }
}
