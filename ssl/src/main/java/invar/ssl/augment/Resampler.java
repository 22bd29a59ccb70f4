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
/// Used in three steps: [#prepare] for a size, [#feed] each row of the box, [#finish]. So the source may be anything
/// that has rows, and is never held as floats as a whole. Weights and half-finished rows are kept between calls, so a
/// call allocates nothing once they have grown; not thread-safe.
public final class Resampler {

    private final Taps across = new Taps(), down = new Taps();
    private float[][] half = new float[0][];                      // boxHeight rows: red, green, blue of outWidth each
    private float[] line = new float[0];

    /// Begins a box of `boxHeight` × `boxWidth`, to become `outHeight` × `outWidth`; all at least 1.
    public void prepare(int boxHeight, int boxWidth, int outHeight, int outWidth, boolean antialias) {
        down.prepare(boxHeight, outHeight, antialias);
        across.prepare(boxWidth, outWidth, antialias);
        int length = ImageBuffer.CHANNELS * outWidth;
        if (half.length < boxHeight) half = Arrays.copyOf(half, boxHeight);
        for (int row = 0; row < boxHeight; row++)
            if (half[row] == null || half[row].length < length) half[row] = new float[length];
        if (line.length < length) line = new float[length];
    }

    /// Takes one row of the box.
    ///
    /// @param row counted from the top of the box
    /// @param planes red, green, blue; the row begins at index `at` of each
    public void feed(int row, float[][] planes, int at) {
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            int to = c * across.size;
            switch (across.count) {
                case 1 -> Arrays.fill(half[row], to, to + across.size, planes[c][at]);
                case 2 -> twoTaps(planes[c], at, half[row], to);
                default -> manyTaps(planes[c], at, half[row], to);
            }
        }
    }

    /// Computes the result from the rows that were fed.
    ///
    /// @param y red, green, blue, (outHeight, outWidth) each
    public void finish(float[][] y) {
        int width = across.size, length = ImageBuffer.CHANNELS * width;
        for (int i = 0; i < down.size; i++) {
            int first = down.start[i], weights = i * down.count;
            scale(half[first], down.weight[weights], line, length);
            for (int k = 1; k < down.count; k++)
                if (down.weight[weights + k] != 0) accumulate(half[first + k], down.weight[weights + k], line, length);
            for (int c = 0; c < ImageBuffer.CHANNELS; c++)
                System.arraycopy(line, c * width, y[c], i * width, width);
        }
    }

    private void twoTaps(float[] x, int at, float[] y, int to) {
        int[] start = across.start;
        float[] weight = across.weight;
        for (int j = 0; j < across.size; j++) {
            int from = at + start[j];
            y[to + j] = weight[2 * j] * x[from] + weight[2 * j + 1] * x[from + 1];
        }
    }

    private void manyTaps(float[] x, int at, float[] y, int to) {
        int count = across.count;
        for (int j = 0; j < across.size; j++) {
            float sum = 0;
            for (int k = 0, from = at + across.start[j], w = j * count; k < count; k++)
                sum += across.weight[w + k] * x[from + k];
            y[to + j] = sum;
        }
    }

    // The next two index both arrays alike: the JIT vectorises no loop over x[a + i], y[b + i], which might overlap.

    private static void scale(float[] x, float weight, float[] y, int n) {
        for (int i = 0; i < n; i++) y[i] = weight * x[i];
    }

    private static void accumulate(float[] x, float weight, float[] y, int n) {
        for (int i = 0; i < n; i++) y[i] += weight * x[i];
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
