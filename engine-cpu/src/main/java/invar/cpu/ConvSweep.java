package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

import java.util.Arrays;

/// A convolution, or the gradient of its input, with one image per lane.
///
/// [Lanes#COLUMNS] images are put side by side in the innermost dimension, `[row][column][channel][image]`. Then the
/// pixels under one row of the window, with all their channels, lie next to each other, and are a panel of [Tile] as
/// they are: nothing is copied for the window, which an `im2col` would do kh · kw times. The same code serves any
/// stride (neighbouring lanes are neighbouring images, never neighbouring pixels), and images of 4 × 4 and 2 × 2 run as
/// fast as large ones. Taps that fall outside the image are skipped ([ConvAxis]).
///
/// ```
/// task   16 images, a band of rows of the result
///   interleave the rows that the band reads
///   for each pixel of the band, for each panel of output channels: one tile
///   separate the images of the result
/// ```
/// A band is chosen so that its images fit the second-level cache. The sum runs over vertical taps, horizontal taps,
/// then channels, whatever the band, so the result does not depend on how the work is cut.
final class ConvSweep {

    /// Numbers of a band, source and result together: 384 KiB.
    private static final int BAND = 96 * 1024;

    /// Steps of a sum before the next panel of weights takes its turn on the same pixels: 320 · 16 floats are 20 KiB,
    /// which stay in the first-level cache.
    private static final int DEPTH = 320;

    private final int batch, groups, bandRows;
    private final ConvAxis vertical, horizontal;
    private final ConvWeights weights;
    private final float[] source, result;
    private final int so, ro;

    private ConvSweep(int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        this.batch = batch;
        this.groups = groups;
        this.vertical = vertical;
        this.horizontal = horizontal;
        this.weights = weights;
        this.source = source;
        this.so = so;
        this.result = result;
        this.ro = ro;
        long sourceRow = (long) horizontal.sources() * weights.channels() * COLUMNS;
        long resultRow = (long) horizontal.places() * Tile.paddedRows(weights.rows()) * COLUMNS;
        double rowsRead = Math.max(1, (double) vertical.sources() / vertical.places());     // per row of the result
        this.bandRows = Math.clamp((long) (BAND / (resultRow + rowsRead * sourceRow)), 1, vertical.places());
    }

    /// Writes `result` (batch, groups · rows, places…) from `source` (batch, groups · channels, sources…).
    static void run(Parallel p, int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        ConvSweep sweep = new ConvSweep(batch, groups, vertical, horizontal, weights, source, so, result, ro);
        int blocks = (batch + COLUMNS - 1) / COLUMNS;
        int bands = (vertical.places() + sweep.bandRows - 1) / sweep.bandRows;
        p.run(blocks * groups * bands, task ->
                sweep.band(task / bands / groups * COLUMNS, task / bands % groups, task % bands * sweep.bandRows));
    }

    private void band(int image, int group, int from) {
        int images = Math.min(COLUMNS, batch - image), to = Math.min(vertical.places(), from + bandRows);
        int channels = weights.channels(), rows = weights.rows(), padded = Tile.paddedRows(rows);
        int width = horizontal.sources(), plane = vertical.sources() * width;
        boolean[] read = vertical.read(from, to);
        int high = last(read) + 1, low = Math.min(high, first(read, true, 0));

        float[] lanes = Scratch.IMAGES.floats((high - low) * width * channels * COLUMNS);
        for (int row = low; row < high; ) {
            int end = first(read, false, row);                 // a run of rows that are read
            for (int c = 0; c < channels; c++) {
                Transpose.interleave(source, so + ((image * groups + group) * channels + c) * plane + row * width,
                        groups * channels * plane, images, (end - row) * width,
                        lanes, ((row - low) * width * channels + c) * COLUMNS, channels * COLUMNS, COLUMNS);
            }
            row = first(read, true, end);
        }

        int places = horizontal.places(), resultPlane = vertical.places() * places;
        float[] sums = Scratch.RESULT.floats((to - from) * places * padded * COLUMNS);
        int[] offsets = new int[2 * vertical.taps() * horizontal.taps()];
        for (int row = from; row < to; row++) {
            for (int column = 0; column < places; column++) {
                pixel(row, column, low, group * padded * weights.depth(), lanes, offsets,
                        sums, ((row - from) * places + column) * padded * COLUMNS);
            }
        }

        for (int c = 0; c < rows; c++) {
            Transpose.separate(sums, c * COLUMNS, padded * COLUMNS, images, (to - from) * places,
                    result, ro + ((image * groups + group) * rows + c) * resultPlane + from * places,
                    groups * rows * resultPlane);
        }
    }

    /// All channels of one pixel of the result, for all images.
    private void pixel(int row, int column, int low, int weightsAt, float[] lanes, int[] offsets, float[] sums,
            int at) {
        int channels = weights.channels(), taps = horizontal.count()[column];
        boolean merged = horizontal.step() == 1;               // the taps of a row are one stretch of memory
        int depth = merged ? taps * channels : channels, perRow = merged ? Math.min(taps, 1) : taps;
        int segments = 0;
        for (int u = 0; u < vertical.count()[row]; u++) {
            int tap = taps == 0 ? 0
                    : ConvWeights.tap(vertical, horizontal, vertical.first()[row] + u, horizontal.first()[column]);
            int sourceRow = vertical.source()[row] + u * vertical.step() - low;
            for (int v = 0; v < perRow; v++) {
                int sourceColumn = horizontal.source()[column] + v * horizontal.step();
                offsets[2 * segments] = (tap + v) * channels;
                offsets[2 * segments + 1] = (sourceRow * horizontal.sources() + sourceColumn) * channels;
                segments++;
            }
        }
        if (segments == 0) {
            Arrays.fill(sums, at, at + Tile.paddedRows(weights.rows()) * COLUMNS, 0);
            return;
        }
        int together = Math.max(1, DEPTH / depth), limit = depth <= DEPTH ? depth : Tile.DEPTH;
        boolean add = false;
        for (int segment = 0; segment < segments; segment += together) {
            int count = Math.min(together, segments - segment);
            for (int k = 0; k < depth; k += limit) {
                int length = Math.min(limit, depth - k);
                for (int r = 0; r < weights.rows(); ) {
                    int height = Tile.height(weights.rows() - r), target = at + r * COLUMNS;
                    Tile.multiply(height, count, offsets, 2 * segment, length,
                            weights.packed(), weightsAt + r * weights.depth() + k * height, lanes, k * COLUMNS,
                            add ? sums : Tile.ZEROS, add ? target : 0, add ? COLUMNS : 0, sums, target, COLUMNS);
                    r += height;
                }
                add = true;
            }
        }
    }

    /// The first index ≥ `from` with this value, or the length if there is none.
    private static int first(boolean[] flags, boolean value, int from) {
        int i = from;
        while (i < flags.length && flags[i] != value) {
            i++;
        }
        return i;
    }

    /// The last index that is set, or −1.
    private static int last(boolean[] flags) {
        int i = flags.length - 1;
        while (i >= 0 && !flags[i]) {
            i--;
        }
        return i;
    }
}
