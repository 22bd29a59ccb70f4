package invar.ssl.augment;

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
    /// @param size of the kernel in pixels, odd; under [Border#REFLECT] size / 2 must be less than H and W
    /// @param sigma in pixels, > 0
    /// @throws IllegalArgumentException if the image is too small to be mirrored
    public static void gaussian(ImageBuffer image, int size, double sigma, Border border) {
        int height = image.height(), width = image.width(), r = size / 2;
        if (border == Border.REFLECT && r >= Math.min(height, width))
            throw new IllegalArgumentException("GaussianBlur: a kernel of " + size + " px cannot be mirrored into an"
                    + " image of " + height + " x " + width + " px; half the kernel must be less than either side");
        float[] kernel = kernel(size, sigma);
        float[][] spare = image.spare(image.area());
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            rows(image.plane(c), spare[c], height, width, kernel, border);
            columns(spare[c], image.plane(c), height, width, kernel, border);
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

    private static void rows(float[] x, float[] y, int height, int width, float[] kernel, Border border) {
        int r = kernel.length / 2;
        for (int row = 0; row < height; row++) {
            int at = row * width;
            for (int j = 0; j < width; j++) {
                float sum = 0;
                if (j >= r && j < width - r)
                    for (int k = 0; k < kernel.length; k++) sum += kernel[k] * x[at + j + k - r];
                else
                    for (int k = 0; k < kernel.length; k++) {
                        int source = source(j + k - r, width, border);
                        if (source >= 0) sum += kernel[k] * x[at + source];
                    }
                y[at + j] = sum;
            }
        }
    }

    private static void columns(float[] x, float[] y, int height, int width, float[] kernel, Border border) {
        int r = kernel.length / 2;
        for (int row = 0; row < height; row++) {
            int at = row * width;
            for (int k = 0; k < kernel.length; k++) {
                int source = source(row + k - r, height, border);
                float weight = source >= 0 ? kernel[k] : 0;
                int from = Math.max(source, 0) * width;
                if (k == 0) for (int j = 0; j < width; j++) y[at + j] = weight * x[from + j];
                else for (int j = 0; j < width; j++) y[at + j] += weight * x[from + j];
            }
        }
    }

    /// The pixel that stands at position `i`, or −1 for a zero.
    private static int source(int i, int size, Border border) {
        if (i >= 0 && i < size) return i;
        if (border == Border.ZERO) return -1;
        return i < 0 ? -i : 2 * (size - 1) - i;
    }
}
