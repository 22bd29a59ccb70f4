package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

/// A convolution, or the gradient of its input, with one pixel per lane: for batches too small for [ConvSweep].
///
/// The window of each pixel is copied into a column of the panels that [Tile] reads (`im2col`; Chellapilla, Puri,
/// Simard, "High performance convolutional neural networks for document processing", 2006), but only for one block of
/// pixels at a time, so that the copy stays in the second-level cache. Pixels are counted through all images. Taps
/// outside the image are zeros here.
final class ConvColumns {

    /// Numbers of the copied windows of a task: 256 KiB.
    private static final int BLOCK = 64 * 1024;

    private final int groups;
    private final ConvAxis vertical, horizontal;
    private final ConvWeights weights;
    private final float[] source, result;
    private final int so, ro, pixels;

    private ConvColumns(int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        this.groups = groups;
        this.vertical = vertical;
        this.horizontal = horizontal;
        this.weights = weights;
        this.source = source;
        this.so = so;
        this.result = result;
        this.ro = ro;
        this.pixels = batch * vertical.places() * horizontal.places();
    }

    /// Writes `result` (batch, groups · rows, places…) from `source` (batch, groups · channels, sources…).
    static void run(Parallel p, int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        ConvColumns all = new ConvColumns(batch, groups, vertical, horizontal, weights, source, so, result, ro);
        int panels = (all.pixels + COLUMNS - 1) / COLUMNS;
        int each = Math.max(1, Math.min(BLOCK / (weights.depth() * COLUMNS), (panels + 7) / 8));
        int blocks = (panels + each - 1) / each;
        p.run(blocks * groups, task -> {
            int last = Math.min(panels, (task / groups + 1) * each);
            for (int panel = task / groups * each; panel < last; panel++) {
                all.panel(panel * COLUMNS, task % groups);
            }
        });
    }

    private void panel(int pixel, int group) {
        int lanes = Math.min(COLUMNS, pixels - pixel), rows = weights.rows(), depth = weights.depth();
        float[] columns = Scratch.IMAGES.floats(depth * COLUMNS);
        for (int lane = 0; lane < COLUMNS; lane++) {
            if (lane < lanes) {
                copyWindow(pixel + lane, group, columns, lane);
            } else {
                for (int k = 0; k < depth; k++) {
                    columns[k * COLUMNS + lane] = 0;
                }
            }
        }
        float[] sums = Scratch.RESULT.floats(Tile.paddedRows(rows) * COLUMNS);
        for (int start = 0; start < depth; start += Gemm.DEPTH) {
            int length = Math.min(Gemm.DEPTH, depth - start);
            for (int r = 0; r < rows; ) {
                int height = Tile.height(rows - r);
                Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, length,
                        weights.packed(), (group * Tile.paddedRows(rows) + r) * depth + start * height,
                        columns, start * COLUMNS,
                        start > 0 ? sums : Tile.ZEROS, start > 0 ? r * COLUMNS : 0, start > 0 ? COLUMNS : 0,
                        sums, r * COLUMNS, COLUMNS);
                r += height;
            }
        }
        int plane = vertical.places() * horizontal.places();
        for (int lane = 0; lane < lanes; lane++) {
            int image = (pixel + lane) / plane;
            int at = ro + (image * groups + group) * rows * plane + (pixel + lane) % plane;
            for (int r = 0; r < rows; r++) {
                result[at + r * plane] = sums[r * COLUMNS + lane];
            }
        }
    }

    /// Copies what one pixel of the result reads into one lane, in the order of [ConvWeights].
    private void copyWindow(int pixel, int group, float[] columns, int lane) {
        int places = horizontal.places(), plane = vertical.places() * places, channels = weights.channels();
        int image = pixel / plane, row = pixel % plane / places, column = pixel % places;
        int width = horizontal.sources(), sourcePlane = vertical.sources() * width;
        int base = so + (image * groups + group) * channels * sourcePlane;
        int to = lane;
        for (int u = 0; u < vertical.taps(); u++) {
            int nthRow = u - vertical.first()[row];
            for (int v = 0; v < horizontal.taps(); v++) {
                int nth = v - horizontal.first()[column];
                boolean inside = nthRow >= 0 && nthRow < vertical.count()[row]
                        && nth >= 0 && nth < horizontal.count()[column];
                int at = base + (vertical.source()[row] + nthRow * vertical.step()) * width
                        + horizontal.source()[column] + nth * horizontal.step();
                for (int c = 0; c < channels; c++, to += COLUMNS) {
                    columns[to] = inside ? source[at + c * sourcePlane] : 0;
                }
            }
        }
    }
}
