package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

import java.util.Arrays;

/// The gradient of the weights of a convolution:
/// ```
/// dw[o, c, u, v] = Σ_{n, i, j} dy[n, o, i, j] · x[n, c, i·stride + u·dilation − padding, …]
/// ```
/// For each tap (u, v) this is a product of two matrices whose common dimension is pixels and images, so both are laid
/// out as panels `[pixel][image][channel]` ([Transpose]). The pixels that a tap pairs then follow each other in both,
/// and are read where they are: no window is copied. Pixels that a tap pairs with padding are skipped. With a stride
/// the columns of x are sorted by their remainder, so that those a tap reads are neighbours again.
///
/// Rows of a tile are the channels of y and columns those of x, or the reverse if that leaves fewer lanes empty: an
/// image has three channels, and a tile sixteen columns.
///
/// The batch is cut into parts, each with a sum of its own, which are added in order. Their number follows from the
/// sizes, so the result does not depend on the number of threads.
final class ConvWeightGrad {

    /// Numbers of a block of images, x and dy together: 256 KiB. Exceeded where a sum over a block would else have less
    /// than [Tile#DEPTH] steps, because the sums themselves then travel more than the images: those of 512 → 512
    /// channels are 9 MiB, read and written once for each block.
    private static final int BLOCK = 64 * 1024;

    /// Numbers of all partial sums together: 16 MiB, unless four parts are more.
    private static final int SUMS = 1 << 22;

    private static final int MOST_PARTS = 16;

    /// Most images of a block: with more, a sum of one tile would outgrow the first-level cache even on 2 × 2 pixels.
    private static final int MOST_IMAGES = 64;

    private final ConvShape s;
    private final float[] x, dy;
    private final int xo, dyo;
    private final ConvAxis vertical, horizontal;
    private final boolean rowsAreOutputs;
    private final int rows, columns, paddedRows, paddedColumns, images, bandRows, parts, size;

    private ConvWeightGrad(ConvShape s, float[] x, int xo, float[] dy, int dyo) {
        this.s = s;
        this.x = x;
        this.xo = xo;
        this.dy = dy;
        this.dyo = dyo;
        vertical = s.vertical();
        horizontal = s.horizontal();
        int o = s.groupOutputs(), c = s.groupInputs();
        rowsAreOutputs = Tile.paddedRows(o) * roundUp(c) <= Tile.paddedRows(c) * roundUp(o);
        rows = rowsAreOutputs ? o : c;
        columns = rowsAreOutputs ? c : o;
        paddedRows = Tile.paddedRows(rows);
        paddedColumns = roundUp(columns);
        int xLanes = rowsAreOutputs ? paddedColumns : paddedRows, yLanes = rowsAreOutputs ? paddedRows : paddedColumns;
        int row = xLanes * s.w() * s.op().strideH() + yLanes * s.outWidth();      // of one image and one row of y
        int least = Math.clamp(2 * Tile.DEPTH / Math.max(1, s.outHeight() * s.outWidth()), 8, MOST_IMAGES / 2);
        int most = Math.clamp(BLOCK / Math.max(1, row * s.outHeight()), least, MOST_IMAGES);
        images = Math.min(s.n(), Integer.highestOneBit(most));
        long deep = Math.ceilDiv(Tile.DEPTH, s.outWidth() * images);
        bandRows = Math.clamp(Math.max(deep, BLOCK / ((long) row * images)), 1, s.outHeight());
        size = s.window() * paddedRows * paddedColumns;
        int blocks = (s.n() + images - 1) / images;
        int limit = Math.min(blocks, Math.clamp(SUMS / ((long) size * s.groups()), 4, MOST_PARTS));
        parts = Math.ceilDiv(blocks, Math.ceilDiv(blocks, limit));               // of equal length, or nearly so
    }

    /// Writes dw (o, c/groups, kh, kw).
    static void run(Parallel p, ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        ConvWeightGrad grad = new ConvWeightGrad(s, x, xo, dy, dyo);
        int each = grad.size * s.groups();
        float[] sums = Scratch.PARTS.floats(grad.parts * each);
        p.run(grad.parts * s.groups(), task ->
                grad.part(task % grad.parts, task / grad.parts, sums,
                        task % grad.parts * each + task / grad.parts * grad.size));
        int chunk = 1 << 14;
        p.run((each + chunk - 1) / chunk, task -> {
            int from = task * chunk, to = Math.min(each, from + chunk);
            for (int part = 1; part < grad.parts; part++) {
                int at = part * each;
                for (int i = from; i < to; i++) {
                    sums[i] += sums[at + i];
                }
            }
        });
        int weights = s.groupInputs() * s.window(), outputs = Math.max(1, chunk / weights);       // of a task
        p.run(Math.ceilDiv(s.o(), outputs), task -> {
            for (int o = task * outputs; o < Math.min(s.o(), (task + 1) * outputs); o++) {
                int group = o / s.groupOutputs();
                grad.write(o % s.groupOutputs(), sums, group * grad.size, dw, dwo + o * weights);
            }
        });
    }

    /// The sum over one part of the batch for one group.
    private void part(int part, int group, float[] sums, int at) {
        Arrays.fill(sums, at, at + size, 0);
        int blocks = (s.n() + images - 1) / images;
        int first = (int) ((long) blocks * part / parts), last = (int) ((long) blocks * (part + 1) / parts);
        for (int block = first; block < last; block++) {
            int image = block * images, count = Math.min(images, s.n() - image);
            for (int row = 0; row < s.outHeight(); row += bandRows) {
                band(image, count, group, row, Math.min(s.outHeight(), row + bandRows), sums, at);
            }
        }
    }

    /// The sum over some images and some rows of y.
    private void band(int image, int count, int group, int from, int to, float[] sums, int at) {
        boolean[] read = vertical.read(from, to);
        int low = 0, high = s.h();
        while (low < high && !read[low]) {
            low++;
        }
        while (high > low && !read[high - 1]) {
            high--;
        }
        int pixelsX = (high - low) * sortedWidth(), pixelsY = (to - from) * s.outWidth();
        float[] lanesX = Scratch.IMAGES.floats((rowsAreOutputs ? paddedColumns : paddedRows) * pixelsX * count);
        float[] lanesY = Scratch.RESULT.floats((rowsAreOutputs ? paddedRows : paddedColumns) * pixelsY * count);
        if (s.op().strideW() == 1) {
            pack(x, xo + (image * s.c() + group * s.groupInputs()) * s.h() * s.w() + low * s.w(), s.c(),
                    s.groupInputs(), s.h() * s.w(), (high - low) * s.w(), 1, count, !rowsAreOutputs, lanesX, 0,
                    pixelsX);
        } else {
            for (int row = low; row < high; row++) {
                if (read[row]) {
                    pack(x, xo + (image * s.c() + group * s.groupInputs()) * s.h() * s.w() + row * s.w(), s.c(),
                            s.groupInputs(), s.h() * s.w(), s.w(), s.op().strideW(), count, !rowsAreOutputs, lanesX,
                            (row - low) * sortedWidth(), pixelsX);
                }
            }
        }
        int planeY = s.outHeight() * s.outWidth();
        pack(dy, dyo + (image * s.o() + group * s.groupOutputs()) * planeY + from * s.outWidth(), s.o(),
                s.groupOutputs(), planeY, pixelsY, 1, count, rowsAreOutputs, lanesY, 0, pixelsY);

        int together = Math.max(1, Tile.DEPTH / (s.outWidth() * count));      // rows of y that a tile sums at once
        int[] offsets = new int[2 * together];
        for (int row = from; row < to; row += together) {
            for (int tap = 0; tap < s.window(); tap++) {
                tap(tap, row, Math.min(to, row + together), from, low, count, offsets, lanesX, pixelsX, lanesY, pixelsY,
                        sums, at + tap * paddedRows * paddedColumns);
            }
        }
    }

    /// Columns of x with room for as many of each remainder.
    private int sortedWidth() {
        return Math.ceilDiv(s.w(), s.op().strideW()) * s.op().strideW();
    }

    /// Panels `[pixel][image][channel]` of some images: of tile heights if they are rows of tiles, else of their width.
    /// Fills `length` pixels of each panel, from `pixel` on; `parts` is the number of remainders they are sorted by.
    private void pack(float[] from, int at, int channelsOfImage, int channels, int plane, int length, int parts,
            int count, boolean asRows, float[] lanes, int pixel, int pixels) {
        for (int c = 0; c < channels; ) {
            int width = asRows ? Tile.height(channels - c) : COLUMNS, step = count * width;
            int distance = channelsOfImage * plane, partStep = Math.ceilDiv(length, parts) * step;
            for (int image = 0; image < count; ) {
                int first = at + (image * channelsOfImage + c) * plane;
                int target = c * pixels * count + pixel * step + image * width;
                boolean pair = width == 4 && image + 1 < count && first + distance + 4 * plane <= from.length;
                if (pair) {                                    // lanes beyond the channels add to rows that none reads
                    Transpose.interleavePair(from, first, plane, distance, length, lanes, target, step, parts,
                            partStep);
                } else {
                    // Eight rows are moved at once. Of six, the lanes too many are the next image's, which follows.
                    boolean six = width == 6 && c + 6 <= channels && image + 1 < count
                            && first + 8 * plane <= from.length;
                    int rows = six ? 8 : Math.min(width, channels - c);
                    Transpose.interleave(from, first, plane, rows, length, lanes, target, step, Math.max(rows, width),
                            parts, partStep);
                }
                image += pair ? 2 : 1;
            }
            c += width;
        }
    }

    /// Adds the products of one tap over rows `from` ≤ row < `to` of y.
    private void tap(int tap, int from, int to, int lowY, int lowX, int count, int[] offsets, float[] lanesX,
            int pixelsX, float[] lanesY, int pixelsY, float[] sums, int at) {
        int u = tap / s.kw(), v = tap % s.kw(), stride = s.op().strideW();
        int shift = v * s.op().dilationW() - s.op().padW();    // column of x less stride times column of y
        int first = Math.max(0, Math.ceilDiv(-shift, stride));
        int end = Math.min(s.outWidth(), Math.floorDiv(s.w() - 1 - shift, stride) + 1);
        if (end <= first) {
            return;
        }
        int columnX = first * stride + shift;                  // sorted by remainder it is followed by the next one
        int sorted = columnX % stride * (sortedWidth() / stride) + columnX / stride;
        int depth = (end - first) * count, segments = 0;
        for (int row = from; row < to; row++) {
            int rowX = row * s.op().strideH() + u * s.op().dilationH() - s.op().padH();
            if (rowX < 0 || rowX >= s.h()) {
                continue;
            }
            int inY = ((row - lowY) * s.outWidth() + first) * count;
            int inX = ((rowX - lowX) * sortedWidth() + sorted) * count;
            offsets[2 * segments] = rowsAreOutputs ? inY : inX;
            offsets[2 * segments + 1] = rowsAreOutputs ? inX : inY;
            segments++;
        }
        if (segments == 0) {
            return;
        }
        float[] a = rowsAreOutputs ? lanesY : lanesX, b = rowsAreOutputs ? lanesX : lanesY;
        int stepsA = (rowsAreOutputs ? pixelsY : pixelsX) * count,
                stepsB = (rowsAreOutputs ? pixelsX : pixelsY) * count;
        for (int column = 0; column < columns; column += COLUMNS) {
            for (int row = 0; row < rows; ) {
                int height = Tile.height(rows - row), target = at + column * paddedRows + row * COLUMNS;
                Tile.multiply(height, segments, offsets, 0, depth, a, row * stepsA, b, column * stepsB,
                        sums, target, COLUMNS, sums, target, COLUMNS);
                row += height;
            }
        }
    }

    /// Puts the sums of output channel `i` of a group in the order of the weights. They are `[tap][tile][row][column]`,
    /// with the tiles one below the other.
    private void write(int i, float[] sums, int at, float[] dw, int to) {
        int c = s.groupInputs(), window = s.window();
        for (int tap = 0; tap < window; tap++) {
            int from = at + tap * paddedRows * paddedColumns;
            for (int j = 0; j < c; j++) {
                int row = rowsAreOutputs ? i : j, column = rowsAreOutputs ? j : i, lane = column % COLUMNS;
                dw[to + j * window + tap] = sums[from + (column - lane) * paddedRows + row * COLUMNS + lane];
            }
        }
    }

    private static int roundUp(int x) {
        return (x + COLUMNS - 1) / COLUMNS * COLUMNS;
    }
}
