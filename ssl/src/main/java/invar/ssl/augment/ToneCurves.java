package invar.ssl.augment;

import java.util.Arrays;

/// Changes of each channel by a curve of its own, as PIL's `ImageOps` have them: every pixel's new value is a function
/// of its old one. In place, on values in [0, 1].
///
/// PIL's images have 256 values; [#equalize] and [#posterize] round to the nearest of them first.
public final class ToneCurves {

    private ToneCurves() {}

    /// Stretches each channel to all of [0, 1]: y = (x − min) / (max − min); a channel of one value stays. PIL's
    /// `autocontrast` without cutoff.
    public static void autoContrast(ImageBuffer image) {
        int n = image.area();
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c);
            float least = Float.POSITIVE_INFINITY, most = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                least = Math.min(least, x[i]);
                most = Math.max(most, x[i]);
            }
            if (!(most > least)) continue;
            for (int i = 0; i < n; i++) x[i] = (x[i] - least) / (most - least);
        }
    }

    /// Makes all values of a channel about equally frequent. With h the counts of the 256 values, s = ⌊(n − the count
    /// of the largest value there is) / 255⌋ and whole-number division,
    /// ```
    /// y(v) = min(255, (s/2 + Σ_{u<v} h(u)) / s)
    /// ```
    /// As s is rounded down, the brightest values become one: a quarter of the pixels if there are 32 × 32 of them.
    /// A channel stays as it is where s = 0: images of less than about 256 pixels, or nearly all of one value. PIL's
    /// `equalize`.
    public static void equalize(ImageBuffer image) {
        int n = image.area();
        int[] count = new int[256];
        float[] curve = new float[256];
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c);
            Arrays.fill(count, 0);
            for (int i = 0; i < n; i++) count[level(x[i])]++;
            int largest = 255;
            while (count[largest] == 0) largest--;
            int step = (n - count[largest]) / 255;
            if (step == 0) continue;
            for (int v = 0, below = step / 2; v < 256; below += count[v++]) {
                curve[v] = Math.min(255, below / step) / 255f;
            }
            for (int i = 0; i < n; i++) x[i] = curve[level(x[i])];
        }
    }

    /// Keeps the highest `bits` of the 8 bits of each value, and clears the others.
    ///
    /// @param bits 0 … 8; 8 only rounds
    public static void posterize(ImageBuffer image, int bits) {
        int mask = 0xFF << (8 - bits) & 0xFF;
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c);
            for (int i = 0, n = image.area(); i < n; i++) x[i] = (level(x[i]) & mask) / 255f;
        }
    }

    private static int level(float x) {
        return (int) (Math.clamp(x, 0f, 1f) * 255f + 0.5f);
    }
}
