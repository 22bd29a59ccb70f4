package invar.ssl.augment;

import invar.core.Philox;
import java.util.Arrays;

/// Blanks a square at a random place: DeVries and Taylor 2017, "Improved regularization of convolutional neural
/// networks with cutout", [arXiv:1708.04552](https://arxiv.org/abs/1708.04552).
///
/// The centre is any pixel, all equally likely, so that part of the square may lie outside: rows
/// centre − ⌊size/2⌋ … centre + ⌊size/2⌋ − 1, columns alike (google-research/fixmatch,
/// third_party/auto_augment/augmentations.py, `create_cutout_mask`).
///
/// @param size side of the square in pixels; odd ones count as one less, below 2 there is none
/// @param fill its value in all channels, 0 … 1; FixMatch's is 0 in [−1, 1], which is ½ here
public record Cutout(int size, double fill) implements Augmentation {

    /// Checks the settings.
    public Cutout {
        Require.that(size >= 0, "Cutout: size must not be negative but is " + size);
        Require.that(fill >= 0 && fill <= 1, "Cutout: fill must be in [0, 1] but is " + fill);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        int height = image.height(), width = image.width(), half = size / 2;
        int row = random.nextInt(height), column = random.nextInt(width);
        int left = Math.max(0, column - half), right = Math.min(width, column + half);
        for (int y = Math.max(0, row - half); y < Math.min(height, row + half); y++) {
            for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
                Arrays.fill(image.plane(c), y * width + left, y * width + right, (float) fill);
            }
        }
    }
}
