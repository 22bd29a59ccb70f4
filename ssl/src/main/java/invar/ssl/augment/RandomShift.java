package invar.ssl.augment;

import invar.core.Philox;

/// Moves the image by whole pixels, up to `most` along each axis; what comes in is the image mirrored at its edge,
/// without repeating the edge pixel. The same as padding it by reflection and cutting out a square of its own size at a
/// random place, which is how google-research/fixmatch writes it (libml/augment.py, `augment_shift`).
///
/// @param most largest shift either way, in pixels; less than height and width of the image
public record RandomShift(int most) implements Augmentation {

    /// Checks the settings.
    public RandomShift {
        Require.that(most >= 0, "RandomShift: most must not be negative but is " + most);
    }

    /// @throws IllegalArgumentException if the image is too small to be mirrored
    @Override
    public void apply(ImageBuffer image, Philox random) {
        int height = image.height(), width = image.width();
        Require.that(most < Math.min(height, width), "RandomShift: an image of " + height + " x " + width
                + " px cannot be mirrored " + most + " px far; that must be less than either side");
        int top = random.nextInt(2 * most + 1) - most, left = random.nextInt(2 * most + 1) - most;
        if (top == 0 && left == 0) return;
        float[][] x = image.planes(), y = image.spare(image.area());
        for (int row = 0, to = 0; row < height; row++) {
            int from = mirrored(row + top, height) * width;
            for (int column = 0; column < width; column++, to++) {
                int at = from + mirrored(column + left, width);
                y[0][to] = x[0][at];
                y[1][to] = x[1][at];
                y[2][to] = x[2][at];
            }
        }
        image.swap(height, width);
    }

    /// … 2 1 | 0 1 2 … n−1 | n−2 n−3 …
    private static int mirrored(int i, int n) {
        return i < 0 ? -i : i < n ? i : 2 * (n - 1) - i;
    }
}
