package invar.ssl.augment;

import java.util.Arrays;

/// Bilinear resampling of a box of a plane to another size, with half-pixel centres.
///
/// With s = in / out, output pixel i looks at the source position c = s (i + ½):
/// ```
/// antialias   w_j ∝ max(0, 1 − |j + ½ − c| / max(s, 1)),  normalised over the pixels j of the box
/// otherwise   the two neighbours of max(c − ½, 0), linearly; the last pixel repeats
/// ```
/// The two agree when the image grows. This is what PyTorch's `interpolate(mode="bilinear", align_corners=False)`
/// computes; antialiased it is also what PIL does, up to its rounding to 8 bits. Pixels outside the box are not used.
///
/// Holds the weights and the half-finished image between calls, so a call allocates nothing once they have grown; not
/// thread-safe.
public final class Resampler {

    private final Taps across = new Taps(), down = new Taps();
    private float[] half = new float[0];                          // (boxHeight, outWidth)

    /// Prepares the weights for boxes of one size; [#resample] may then be called for each plane.
    public void prepare(int boxHeight, int boxWidth, int outHeight, int outWidth, boolean antialias) {
        down.prepare(boxHeight, outHeight, antialias);
        across.prepare(boxWidth, outWidth, antialias);
        if (half.length < boxHeight * outWidth) half = new float[boxHeight * outWidth];
    }

    /// Resamples the prepared box of one plane.
    ///
    /// @param x (·, width) the plane; the box begins at row `top`, column `left`
    /// @param y (outHeight, outWidth) receives the result; must not be `x`
    public void resample(float[] x, int width, int top, int left, float[] y) {
        int outWidth = across.size, boxHeight = down.sourceSize;
        for (int row = 0; row < boxHeight; row++)
            if (across.count <= 2) twoTaps(x, (top + row) * width + left, row * outWidth);
            else manyTaps(x, (top + row) * width + left, row * outWidth);
        for (int i = 0; i < down.size; i++) {
            int to = i * outWidth, first = down.start[i] * outWidth;
            float w0 = down.weight[i * down.count];
            if (down.count == 1) {
                System.arraycopy(half, first, y, to, outWidth);
                continue;
            }
            float w1 = down.weight[i * down.count + 1];
            for (int j = 0; j < outWidth; j++) y[to + j] = w0 * half[first + j] + w1 * half[first + outWidth + j];
            for (int k = 2; k < down.count; k++) {
                float w = down.weight[i * down.count + k];
                if (w == 0) continue;
                int from = first + k * outWidth;
                for (int j = 0; j < outWidth; j++) y[to + j] += w * half[from + j];
            }
        }
    }

    private void twoTaps(float[] x, int from, int to) {
        int[] start = across.start;
        float[] weight = across.weight;
        int second = across.count - 1;                            // 0 for a one-pixel box: the pixel itself, weight 1
        if (second == 0) {
            Arrays.fill(half, to, to + across.size, x[from]);
            return;
        }
        for (int j = 0; j < across.size; j++) {
            int at = from + start[j];
            half[to + j] = weight[2 * j] * x[at] + weight[2 * j + 1] * x[at + 1];
        }
    }

    private void manyTaps(float[] x, int from, int to) {
        int count = across.count;
        for (int j = 0; j < across.size; j++) {
            float sum = 0;
            for (int k = 0, at = from + across.start[j], w = j * count; k < count; k++)
                sum += across.weight[w + k] * x[at + k];
            half[to + j] = sum;
        }
    }

    /// For each output pixel of one axis the first source pixel and `count` weights; count is the same for all, short
    /// windows are padded with zero weights inside the source.
    private static final class Taps {

        int sourceSize, size, count;
        int[] start = new int[0];
        float[] weight = new float[0];
        private boolean antialias;

        void prepare(int sourceSize, int size, boolean antialias) {
            if (this.sourceSize == sourceSize && this.size == size && this.antialias == antialias) return;
            this.sourceSize = sourceSize;
            this.size = size;
            this.antialias = antialias;
            double scale = (double) sourceSize / size, support = antialias ? Math.max(scale, 1) : 1;
            count = Math.min(sourceSize, support == 1 ? 2 : (int) Math.ceil(2 * support) + 1);
            if (start.length < size) start = new int[size];
            if (weight.length < size * count) weight = new float[size * count];
            for (int i = 0; i < size; i++) {
                double centre = scale * (i + 0.5);
                if (support == 1) centre = Math.clamp(centre, 0.5, sourceSize - 0.5);   // the border pixel repeats
                int first = (int) Math.floor(centre - support + 0.5);
                start[i] = Math.clamp(first, 0, sourceSize - count);
                double sum = 0;
                for (int k = 0; k < count; k++) sum += triangle(start[i] + k + 0.5 - centre, support);
                for (int k = 0; k < count; k++)
                    weight[i * count + k] = (float) (triangle(start[i] + k + 0.5 - centre, support) / sum);
            }
        }

        private static double triangle(double distance, double support) {
            return Math.max(0, 1 - Math.abs(distance) / support);
        }
    }
}
