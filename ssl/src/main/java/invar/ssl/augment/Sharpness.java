package invar.ssl.augment;

/// Sharpens or blurs a little: y = clamp(f x + (1 − f) s, 0, 1) with s the image smoothed over 3 × 3 pixels,
/// ```
///              1 1 1
/// s = 1/13  ·  1 5 1  ∗ x       inside; at the border s = x
///              1 1 1
/// ```
/// PIL's `ImageEnhance.Sharpness` and torchvision's `adjust_sharpness`.
public final class Sharpness {

    private Sharpness() {}

    /// Changes the image in place.
    ///
    /// @param factor f ≥ 0: 0 smooths, 1 leaves the image as it is, more sharpens
    public static void adjust(ImageBuffer image, float factor) {
        int height = image.height(), width = image.width();
        float[][] spare = image.spare(image.area());
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c), y = spare[c];
            System.arraycopy(x, 0, y, 0, image.area());
            for (int row = 1; row < height - 1; row++) {
                for (int i = row * width + 1; i < (row + 1) * width - 1; i++) {
                    float around = x[i - width - 1] + x[i - width] + x[i - width + 1] + x[i - 1] + x[i + 1]
                            + x[i + width - 1] + x[i + width] + x[i + width + 1];
                    float smooth = (around + 5 * x[i]) / 13;
                    y[i] = Math.clamp(factor * x[i] + (1 - factor) * smooth, 0f, 1f);
                }
            }
        }
        image.swap(height, width);
    }
}
