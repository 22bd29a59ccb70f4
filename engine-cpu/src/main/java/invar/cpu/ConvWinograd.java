package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Winograd.OUTPUTS;
import static invar.cpu.Winograd.SIZE;

import invar.core.ContractionOp.Conv2d;
import java.util.Arrays;

/// A convolution with a 3 × 3 window and stride 1, or the gradient of its input, by minimal filtering ([Winograd]),
/// with one image per lane.
///
/// The result is cut into tiles of 2 × 2 pixels. For each element e of the 16 of the transformed tiles, the sum over
/// channels is a matrix product:
/// ```
/// Mₑ[o, (tile, image)] = Σ_c Uₑ[o, c] · Vₑ[c, (tile, image)]
/// ```
/// These are 16 multiplications for each channel, output channel and tile, where the sum over the window takes 36.
///
/// ```
/// task   16 images, a group, a band of rows of tiles
///   interleave the rows that the band reads: [row][column][channel][image], as ConvSweep does
///   for each strip of a few tiles
///     for each row of V: transform the tiles, then multiply its four elements, a panel of U for all tiles
///     transform M
///   separate the images of the result
/// ```
/// Pixels outside the image are read from a pixel of zeros; where the last tile reaches over the edge of the result,
/// the other pixels are written to a place that nobody reads.
///
/// The gradient of the input is the same with the window turned by half a circle, channels and output channels
/// exchanged, and padding 2 − p.
///
/// Every element of the result is made by one task, in one order that does not depend on how the work is cut: results
/// are the same to the last bit on any number of threads.
///
/// Error, for x and w from N(0, 1) and padding 1, in units of the standard deviation of a result, √(9 C), against sums
/// in double:
/// ```
/// C                        32         64        256        512
/// root mean square    1.8e−07    2.5e−07    4.6e−07    4.4e−07
///   direct sum        2.6e−07    2.8e−07    2.7e−07    2.5e−07
/// greatest            8.8e−07    1.3e−06    2.4e−06    2.2e−06
/// ```
/// A sum over C alone has fewer terms, but M holds larger numbers than the result: with few channels the first counts
/// more, with many the second. Sums of more than [Tile#DEPTH] channels are made in parts, which keeps the error from
/// growing further.
///
/// Working memory of a thread, for 3 × 3 windows on rows of up to 64 KiB with all channels: 1 MiB for the source, as
/// much for the result, and a strip. The strip is 384 KiB up to 76 channels, and four tiles beyond: 2.5 MiB for 512
/// channels.
final class ConvWinograd {

    /// Numbers of a band of the source: 1 MiB. Bands of several rows of tiles, because two neighbouring bands both read
    /// two rows of pixels.
    private static final int BAND = 256 * 1024;

    /// Numbers of a strip, one row of V and all of M: 384 KiB, which stay in the second-level cache.
    private static final int STRIP = 96 * 1024;

    /// Tiles of a strip, whatever its size: with many channels U is larger than any cache near the core, and is read
    /// once for each strip. More than 16 would not save much.
    private static final int LEAST = 4, MOST = 16;

    /// Channels from which on the sum over channels outweighs the transforms.
    private static final int CHANNELS = 16;

    /// Rows and columns of the result from which on tiles fill it well, and few taps fall outside the image.
    private static final int PIXELS = 3;

    private final int batch, groups, height, width, resultHeight, resultWidth, top, left;
    private final WinogradWeights weights;
    private final float[] source, result;
    private final int so, ro;
    private final int channels, rows, padded, pixel, resultPixel, tileRows, tileColumns, bands, strip;

    private ConvWinograd(int threads, int batch, int groups, int height, int width, int resultHeight, int resultWidth,
            int top, int left, WinogradWeights weights, float[] source, int so, float[] result, int ro) {
        this.batch = batch;
        this.groups = groups;
        this.height = height;
        this.width = width;
        this.resultHeight = resultHeight;
        this.resultWidth = resultWidth;
        this.top = top;
        this.left = left;
        this.weights = weights;
        this.source = source;
        this.so = so;
        this.result = result;
        this.ro = ro;
        channels = weights.channels();
        rows = weights.rows();
        padded = Tile.paddedRows(rows);
        pixel = (channels | 1) * COLUMNS;                      // odd: neighbours are in different sets of the cache
        resultPixel = (padded | 1) * COLUMNS;
        tileRows = (resultHeight + OUTPUTS - 1) / OUTPUTS;
        tileColumns = (resultWidth + OUTPUTS - 1) / OUTPUTS;
        int most = Math.max(1, (BAND / (width * pixel) - OUTPUTS) / OUTPUTS);
        int perThread = (2 * threads + units() - 1) / units();
        bands = Math.clamp(Math.max((tileRows + most - 1) / most, perThread), 1, tileRows);
        strip = Math.clamp(STRIP / (SIZE * COLUMNS * (channels + SIZE * padded)), LEAST, MOST);
    }

    /// Whether a convolution and the gradient of its input are faster this way.
    static boolean suits(ConvShape s) {
        Conv2d op = s.op();
        return s.kh() == 3 && s.kw() == 3 && op.strideH() == 1 && op.strideW() == 1 && op.dilationH() == 1
                && op.dilationW() == 1 && s.n() >= COLUMNS / 2 && s.groupInputs() >= CHANNELS
                && s.groupOutputs() >= CHANNELS && Math.min(s.outHeight(), s.outWidth()) >= PIXELS;
    }

    /// y from x and w; the arguments are those of [Conv#forward].
    static void forward(Parallel p, ConvShape s, float[] x, int xo, float[] w, int wo, float[] y, int yo) {
        WinogradWeights weights = WinogradWeights.forward(p, s, w, wo);
        new ConvWinograd(p.threads(), s.n(), s.groups(), s.h(), s.w(), s.outHeight(), s.outWidth(), s.op().padH(),
                s.op().padW(), weights, x, xo, y, yo).run(p);
    }

    /// dx from dy and w; the arguments are those of [Conv#inputGrad].
    static void inputGrad(Parallel p, ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        WinogradWeights weights = WinogradWeights.transposed(p, s, w, wo);
        new ConvWinograd(p.threads(), s.n(), s.groups(), s.outHeight(), s.outWidth(), s.h(), s.w(),
                2 - s.op().padH(), 2 - s.op().padW(), weights, dy, dyo, dx, dxo).run(p);
    }

    /// Blocks of images, for each group.
    private int units() {
        return (batch + COLUMNS - 1) / COLUMNS * groups;
    }

    private void run(Parallel p) {
        p.run(units() * bands, task -> {
            int unit = task / bands, band = task % bands;
            band(unit / groups * COLUMNS, unit % groups, band * tileRows / bands, (band + 1) * tileRows / bands);
        });
    }

    /// The rows of tiles `from` ≤ row < `to`.
    private void band(int image, int group, int from, int to) {
        int images = Math.min(COLUMNS, batch - image);
        int low = Math.clamp(from * OUTPUTS - top, 0, height);
        int high = Math.clamp((to - 1) * OUTPUTS - top + SIZE, low, height);
        int start = Scratch.ALIGNED;
        float[] lanes = Scratch.IMAGES.aligned(pixel + (high - low) * width * pixel);
        Arrays.fill(lanes, start, start + pixel, 0);           // the pixel outside the image
        for (int c = 0; c < channels; c++) {
            Transpose.interleave(source, so + (((image * groups + group) * channels + c) * height + low) * width,
                    groups * channels * height * width, images, (high - low) * width,
                    lanes, start + pixel + c * COLUMNS, pixel, COLUMNS);
        }

        int first = from * OUTPUTS, count = Math.min(to * OUTPUTS, resultHeight) - first;
        float[] sums = Scratch.RESULT.aligned(resultPixel + count * resultWidth * resultPixel);
        int tiles = to * tileColumns;
        for (int tile = from * tileColumns; tile < tiles; tile += strip) {
            strip(tile, Math.min(strip, tiles - tile), group, lanes, low, high, sums, first, first + count);
        }

        for (int c = 0; c < rows; c++) {
            Transpose.separate(sums, start + resultPixel + c * COLUMNS, resultPixel, images, count * resultWidth,
                    result, ro + (((image * groups + group) * rows + c) * resultHeight + first) * resultWidth,
                    groups * rows * resultHeight * resultWidth);
        }
    }

    /// The tiles `tile` ≤ t < `tile + count`, for all images and channels. `lanes` holds the rows from `low` to `high`
    /// of the source, `sums` those from `first` to `last` of the result.
    private void strip(int tile, int count, int group, float[] lanes, int low, int high, float[] sums, int first,
            int last) {
        int start = Scratch.ALIGNED, inputs = channels * COLUMNS, outputs = padded * COLUMNS;
        int plane = (count * channels | 1) * COLUMNS, resultPlane = (count * padded | 1) * COLUMNS;
        float[] v = Scratch.TRANSFORMED.aligned(SIZE * plane);
        float[] m = Scratch.PRODUCTS.aligned(SIZE * SIZE * resultPlane);
        int[] pixels = new int[count * SIZE * SIZE];
        for (int t = 0; t < count; t++) {
            pixels(tile + t, low, high, pixels, t * SIZE * SIZE);
        }
        for (int i = 0; i < SIZE; i++) {
            for (int t = 0; t < count; t++) {
                Winograd.input(lanes, pixels, t * SIZE * SIZE, i, inputs, v, start + t * inputs, plane);
            }
            for (int j = 0; j < SIZE; j++) {
                multiply(weights.element(group, i * SIZE + j), count, v, start + j * plane,
                        m, start + (i * SIZE + j) * resultPlane);
            }
        }
        for (int t = 0; t < count; t++) {
            int row = (tile + t) / tileColumns * OUTPUTS, column = (tile + t) % tileColumns * OUTPUTS;
            for (int i = 0; i < OUTPUTS && row + i < last; i++) {
                int y = start + resultPixel + ((row + i - first) * resultWidth + column) * resultPixel;
                Winograd.output(m, start + t * outputs, resultPlane, i, outputs, sums, y,
                        column + 1 < resultWidth ? y + resultPixel : start);
            }
        }
    }

    /// Where in the lanes the 4 × 4 pixels are that a tile reads.
    private void pixels(int tile, int low, int high, int[] pixels, int at) {
        int top = tile / tileColumns * OUTPUTS - this.top, left = tile % tileColumns * OUTPUTS - this.left;
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                int row = top + i, column = left + j;
                boolean inside = row >= low && row < high && column >= 0 && column < width;
                pixels[at + i * SIZE + j] =
                        Scratch.ALIGNED + (inside ? 1 + (row - low) * width + column : 0) * pixel;
            }
        }
    }

    /// One element of M for all channels and tiles. A panel of U is read once for all tiles.
    private void multiply(int u, int count, float[] v, int vo, float[] m, int mo) {
        for (int k = 0; k < channels; k += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, channels - k);
            for (int r = 0; r < rows; ) {
                int height = Tile.height(rows - r);
                for (int t = 0; t < count; t++) {
                    int target = mo + (t * padded + r) * COLUMNS;
                    Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth,
                            weights.packed(), u + r * weights.step() + k * height,
                            v, vo + (t * channels + k) * COLUMNS,
                            k > 0 ? m : Tile.ZEROS, k > 0 ? target : 0, k > 0 ? COLUMNS : 0, m, target, COLUMNS);
                }
                r += height;
            }
        }
    }
}
