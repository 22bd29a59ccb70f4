package invar.ssl.augment;

import java.util.Arrays;

/// Separable Gaussian blur.
///
/// ```
/// k_i ∝ exp(−i² / 2σ²),  i = −r … r,  Σ k_i = 1;     y = k ∗ (k ∗ x along rows) along columns
/// ```
/// The kernel is exact and short, as in torchvision and in SimCLR's `data_util.py`; PIL's blur, used by some other
/// code bases, is another approximation and differs by up to 0.09.
public final class Convolution {

    /// What is seen outside the image.
    public enum Border {
        /// Mirrored without repeating the edge pixel: torchvision.
        REFLECT,
        /// Zeros: the official code of SimCLR and of BYOL.
        ZERO
    }

    private Convolution() {}

    /// Blurs the three planes.
    ///
    /// Each plane is copied into a larger one that shows the border, and every tap of the kernel is then one pass over
    /// the whole of it, shifted by a pixel or by a row: long loops that the JIT vectorises, with no border cases. What
    /// wraps around from one row to the next lands in the margin.
    ///
    /// @param size of the kernel in pixels, odd; under [Border#REFLECT] size / 2 must be less than H and W
    /// @param sigma in pixels, > 0
    /// @throws IllegalArgumentException if the image is too small to be mirrored
    public static void gaussian(ImageBuffer image, int size, double sigma, Border border) {
        int height = image.height(), width = image.width(), r = size / 2;
        if (border == Border.REFLECT && r >= Math.min(height, width))
            throw new IllegalArgumentException("GaussianBlur: a kernel of " + size + " px cannot be mirrored into an"
                    + " image of " + height + " x " + width + " px; half the kernel must be less than either side");
        float[] kernel = kernel(size, sigma);
        int stride = width + 2 * r, length = (height + 2 * r) * stride;
        float[][] spare = image.spare(length);
        float[] x = spare[0], shifted = spare[1], sum = spare[2];
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            pad(image.plane(c), height, width, x, r, border);
            alongShift(x, 1, length, kernel, shifted, sum);              // valid in columns 0 … W − 1 of every row
            alongShift(sum, stride, length, kernel, shifted, x);         // and now in rows 0 … H − 1
            for (int row = 0; row < height; row++)
                System.arraycopy(x, row * stride, image.plane(c), row * width, width);
        }
    }

    private static void pad(float[] x, int height, int width, float[] padded, int r, Border border) {
        int stride = width + 2 * r;
        for (int row = -r; row < height + r; row++) {
            int to = (row + r) * stride, source = source(row, height, border);
            if (source < 0) {
                Arrays.fill(padded, to, to + stride, 0f);
                continue;
            }
            System.arraycopy(x, source * width, padded, to + r, width);
            for (int i = 1; i <= r; i++) {
                padded[to + r - i] = border == Border.ZERO ? 0 : x[source * width + i];
                padded[to + r + width - 1 + i] = border == Border.ZERO ? 0 : x[source * width + width - 1 - i];
            }
        }
    }

    /// `sum[i] = Σ_k kernel[k] · x[i + k · shift]` for all i up to the last that has all its terms.
    private static void alongShift(float[] x, int shift, int length, float[] kernel, float[] shifted, float[] sum) {
        int n = length - (kernel.length - 1) * shift;
        for (int k = 0; k < kernel.length; k++) {
            System.arraycopy(x, k * shift, shifted, 0, n);
            float weight = kernel[k];
            if (k == 0) for (int i = 0; i < n; i++) sum[i] = weight * shifted[i];
            else for (int i = 0; i < n; i++) sum[i] += weight * shifted[i];
        }
    }

    private static float[] kernel(int size, double sigma) {
        double[] k = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) {
            double distance = i - size / 2;
            sum += k[i] = Math.exp(-distance * distance / (2 * sigma * sigma));
        }
        float[] kernel = new float[size];
        for (int i = 0; i < size; i++) kernel[i] = (float) (k[i] / sum);
        return kernel;
    }

    /// The pixel that stands at position `i`, or −1 for a zero.
    private static int source(int i, int size, Border border) {
        if (i >= 0 && i < size) return i;
        if (border == Border.ZERO) return -1;
        return i < 0 ? -i : 2 * (size - 1) - i;
    }
}
