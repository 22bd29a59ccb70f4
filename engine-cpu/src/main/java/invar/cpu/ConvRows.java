package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.WIDTH;

/// A convolution, or the gradient of its input, with one pixel per lane.
///
/// The lanes are pixels of one row of the result, whose neighbours read neighbouring pixels of the source. Each row of
/// the source is therefore copied once for each horizontal tap, shifted by that tap ([Shifts]), with zeros outside the
/// image: `[row][horizontal tap][channel][pixel]`. All that a pixel reads then follows each other, for each row of the
/// result, and is a panel of [Tile] as it is. This is an `im2col` (Chellapilla, Puri, Simard, "High performance
/// convolutional neural networks for document processing", 2006) without the copies for the vertical taps, and it
/// never exists for more than one strip of sixteen pixels.
///
/// ```
/// task   one image, or two if that fills more lanes; a band of rows of the result
///   for each strip of COLUMNS pixels of a row
///     copy what the strip reads in all rows of the band
///     for each row of the band, for each panel of output channels: one tile
/// ```
/// A tile is two halves of [Lanes#WIDTH] pixels, which lie side by side or in two images. With a stride, the places of
/// the gradient of the input are taken by their remainder, because different remainders have different taps
/// ([ConvAxis]); each remainder has strips of its own. The sum runs over vertical taps, horizontal taps, then
/// channels, and does not depend on how the work is cut.
final class ConvRows {

    /// Numbers of a strip: 256 KiB, half of a second-level cache.
    private static final int STRIP = 64 * 1024;

    /// Steps of a sum before the next panel of weights takes its turn on the same pixels: 320 · 16 floats are 20 KiB,
    /// which stay in the first-level cache.
    private static final int DEPTH = 320;

    /// Tasks that a convolution has at least, if it has that many rows.
    private static final int TASKS = 16;

    private final int batch, groups, images, bandRows;
    private final ConvAxis vertical, horizontal;
    private final ConvWeights weights;
    private final float[] source, result;
    private final int so, ro;

    private ConvRows(int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
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
        images = batch > 1 && halves(places(horizontal)) % 2 == 1 ? 2 : 1;
        double rowsRead = Math.max(1, (double) vertical.sources() / vertical.places());     // per row of the result
        int extra = Math.max(0, vertical.taps() - 1);
        long most = (long) ((STRIP / ((long) horizontal.taps() * weights.channels() * COLUMNS) - extra) / rowsRead);
        int units = (batch + images - 1) / images * groups, bands = Math.max(1, TASKS / units);
        bandRows = Math.clamp(most, 1, Math.ceilDiv(vertical.places(), bands));
    }

    /// The part of the lanes that hold pixels, for rows of this axis.
    static double filling(ConvAxis horizontal) {
        return (double) places(horizontal) / (halves(places(horizontal)) * WIDTH);
    }

    /// Writes `result` (batch, groups · rows, places…) from `source` (batch, groups · channels, sources…).
    static void run(Parallel p, int batch, int groups, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        ConvRows all = new ConvRows(batch, groups, vertical, horizontal, weights, source, so, result, ro);
        int units = (batch + all.images - 1) / all.images;
        int bands = Math.ceilDiv(vertical.places(), all.bandRows);
        p.run(units * groups * bands, task -> all.band(task / bands / groups * all.images, task / bands % groups,
                task % bands * all.bandRows));
    }

    /// Places of one remainder.
    private static int places(ConvAxis horizontal) {
        return Math.ceilDiv(horizontal.places(), horizontal.phases());
    }

    private static int halves(int places) {
        return (places + WIDTH - 1) / WIDTH;
    }

    private void band(int image, int group, int from) {
        int to = Math.min(vertical.places(), from + bandRows), count = Math.min(images, batch - image);
        boolean[] read = vertical.read(from, to);
        int[] place = new int[read.length];                    // of a row of the source in the strip
        int rows = 0;
        for (int row = 0; row < read.length; row++) {
            place[row] = rows;
            rows += read[row] ? 1 : 0;
        }
        for (int phase = 0; phase < Math.min(horizontal.phases(), horizontal.places()); phase++) {
            Phase taps = Phase.of(horizontal, phase);
            int halves = halves(taps.places());
            for (int half = 0; half < halves * count; half += 2) {
                int second = half + 1 < halves * count ? half + 1 : half;
                int image2 = image + second / halves;
                strip(taps, image + half / halves, half % halves * WIDTH, image2, second % halves * WIDTH,
                        half == second ? 1 : 2, group, from, to, read, place, rows);
            }
        }
    }

    /// The pixels of two halves, in all rows of the band.
    private void strip(Phase taps, int image, int at, int image2, int at2, int halves, int group, int from, int to,
            boolean[] read, int[] place, int readRows) {
        float[] strip = Scratch.IMAGES.floats(readRows * taps.count() * weights.channels() * COLUMNS);
        int rows = weights.rows(), plane = vertical.places() * horizontal.places(), phases = horizontal.phases();
        int used = Math.min(WIDTH, taps.places() - at), used2 = halves == 2 ? Math.min(WIDTH, taps.places() - at2) : 0;
        boolean whole = phases == 1 && image == image2 && at2 == at + WIDTH && used2 == WIDTH;
        float[] sums = Scratch.RESULT.floats(Tile.paddedRows(rows) * COLUMNS);
        int[] offsets = new int[2 * vertical.taps()];
        int first = ro + (image * groups + group) * rows * plane + taps.phase() + at * phases;
        int first2 = ro + (image2 * groups + group) * rows * plane + taps.phase() + at2 * phases;
        int inPlace = 0;                                       // rows that a tile writes where they belong
        while (whole && inPlace < rows && Tile.height(rows - inPlace) <= rows - inPlace) {
            inPlace += Tile.height(rows - inPlace);
        }
        int copied = 0;
        for (int row = from; row < to; row++) {
            int next = vertical.source()[row] + (vertical.count()[row] - 1) * vertical.step() + 1;
            if (next > copied) {                               // just before they are used, so they are in the cache
                copy(taps, image, at, image2, halves == 2 ? at2 : -1, group, read, place, copied, next, strip);
                copied = next;
            }
            int shift = row * horizontal.places();
            pixels(taps, row, group, strip, place, offsets, sums, inPlace, first + shift, plane);
            for (int r = inPlace; r < rows; r++) {
                write(sums, r * COLUMNS, used, first + shift + r * plane, phases);
                write(sums, r * COLUMNS + WIDTH, used2, first2 + shift + r * plane, phases);
            }
        }
    }

    /// Copies what the strip reads of the rows `from` ≤ row < `to` of the source; `at2 < 0` stands for no second half.
    private void copy(Phase taps, int image, int at, int image2, int at2, int group, boolean[] read, int[] place,
            int from, int to, float[] strip) {
        int channels = weights.channels(), width = horizontal.sources(), plane = vertical.sources() * width;
        int base = so + (image * groups + group) * channels * plane;
        int base2 = so + (image2 * groups + group) * channels * plane;
        for (int row = from; row < to; row++) {
            for (int v = 0; v < taps.count() && read[row]; v++) {
                int column = taps.source() + at * horizontal.advance() + v * horizontal.step();
                int column2 = at2 < 0 ? width : column + (at2 - at) * horizontal.advance();
                Shifts.copy(source, base + row * width, column, base2 + row * width, column2, width,
                        horizontal.advance(), channels, plane, strip,
                        (place[row] * taps.count() + v) * channels * COLUMNS);
            }
        }
    }

    /// All channels of the pixels of the strip in one row.
    private void pixels(Phase taps, int row, int group, float[] strip, int[] place, int[] offsets, float[] sums,
            int inPlace, int to, int plane) {
        int channels = weights.channels(), rows = weights.rows(), padded = Tile.paddedRows(rows);
        int perRow = taps.count() * channels, count = vertical.count()[row], firstTap = vertical.first()[row];
        boolean merged = vertical.step() == 1;                 // the rows that are read are one stretch of the strip
        int segments = merged ? Math.min(count, 1) : count, depth = merged ? count * perRow : perRow;
        for (int u = 0; u < segments; u++) {
            offsets[2 * u] = (taps.first() * vertical.taps() + (firstTap + u) * taps.count()) * channels;
            offsets[2 * u + 1] = place[vertical.source()[row] + u * vertical.step()] * perRow;
        }
        int pieces = Math.ceilDiv(depth, DEPTH), together = pieces > 1 ? 1 : Math.max(1, DEPTH / Math.max(1, depth));
        boolean add = false;
        for (int segment = 0; segment < segments || !add; segment += together) {
            int several = Math.min(together, segments - segment);
            for (int piece = 0; piece < Math.max(1, pieces); piece++) {
                int k = (int) ((long) depth * piece / Math.max(1, pieces));
                int length = (int) ((long) depth * (piece + 1) / Math.max(1, pieces)) - k;
                for (int r = 0; r < rows; ) {
                    int height = Tile.height(rows - r);
                    boolean direct = r + height <= inPlace;
                    float[] c = direct ? result : sums;
                    int at = direct ? to + r * plane : r * COLUMNS, step = direct ? plane : COLUMNS;
                    Tile.multiply(height, several, offsets, 2 * segment, length,
                            weights.packed(), (group * padded + r) * weights.depth() + k * height,
                            strip, k * COLUMNS,
                            add ? c : Tile.ZEROS, add ? at : 0, add ? step : 0, c, at, step);
                    r += height;
                }
                add = true;
            }
        }
    }

    /// Puts one half of a row of sums in its place.
    private void write(float[] sums, int at, int used, int to, int step) {
        if (step == 1) {
            System.arraycopy(sums, at, result, to, used);
        } else {
            for (int i = 0; i < used; i++) {
                result[to + i * step] = sums[at + i];
            }
        }
    }

    /// The horizontal taps of the places of one remainder.
    ///
    /// @param phase  the remainder
    /// @param places how many places have it
    /// @param first  position of their first tap in the order of the axis
    /// @param count  number of their taps; zero if all fall outside for all places
    /// @param source where the first tap falls for the first place, possibly outside
    private record Phase(int phase, int places, int first, int count, int source) {

        static Phase of(ConvAxis axis, int phase) {
            int places = (axis.places() - phase + axis.phases() - 1) / axis.phases();
            for (int i = 0, place = phase; i < places; i++, place += axis.phases()) {
                if (axis.count()[place] > 0) {
                    int c = axis.classOf(axis.first()[place]), first = axis.classes()[c];
                    int source = axis.source()[place] - (axis.first()[place] - first) * axis.step();
                    return new Phase(phase, places, first, axis.classes()[c + 1] - first, source - i * axis.advance());
                }
            }
            return new Phase(phase, places, 0, 0, 0);
        }
    }
}
