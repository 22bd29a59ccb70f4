package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The gradient of the weights of a convolution with a window of one pixel:
/// ```
/// dw[o, c] = Σ_{n, i, j} dy[o, (n, i, j)] · x[c, (n, i·stride, j·stride)]
/// ```
/// a product of two matrices whose common dimension is the pixels of all images. In both of them pixels are neighbours
/// and channels are not, so both are packed by [Transpose], a few hundred pixels at a time.
///
/// Rows of a tile are the channels of y and columns those of x, or the reverse if that leaves fewer lanes empty.
///
/// The pixels are cut into parts, each with a sum of its own, which are added in order. Their number follows from the
/// sizes, so the result does not depend on the number of threads.
final class ConvPointwiseGrad {

    /// Numbers of both factors that are packed at a time: 256 KiB, or more where a sum would else be shorter than
    /// [#LEAST].
    private static final int BLOCK = 64 * 1024;

    /// Pixels that are packed at a time, if there are that many: a shorter sum is mostly start and end.
    private static final int LEAST = 256;

    private static final int MOST = 1024;

    /// Numbers of the rows that stay in the second-level cache while all columns pass by: 192 KiB.
    private static final int ROWS = 48 * 1024;

    /// Numbers of all sums of parts together: 16 MiB, unless four parts are more.
    private static final int SUMS = 1 << 22;

    private static final int PARTS = 16;

    private final ConvPixels rowPixels, columnPixels;
    private final float[] rowSource, columnSource;
    private final int ro, co, rows, columns, paddedRows, paddedColumns, pixels, block, parts;

    private ConvPointwiseGrad(int images, ConvPixels rowPixels, float[] rowSource, int ro, int rows,
            ConvPixels columnPixels, float[] columnSource, int co, int columns) {
        this.rowPixels = rowPixels;
        this.rowSource = rowSource;
        this.ro = ro;
        this.rows = rows;
        this.columnPixels = columnPixels;
        this.columnSource = columnSource;
        this.co = co;
        this.columns = columns;
        paddedRows = Tile.paddedRows(rows);
        paddedColumns = roundUp(columns);
        pixels = images * rowPixels.count();
        block = Math.clamp(BLOCK / (paddedRows + paddedColumns) / COLUMNS * COLUMNS, LEAST, MOST);
        int most = Math.clamp(SUMS / (paddedRows * (long) paddedColumns), 4, PARTS);
        parts = Math.clamp(pixels / LEAST, 1, most);
    }

    /// Whether this is faster than [ConvWeightGrad], which puts images side by side where they have few pixels.
    static boolean suits(ConvShape s) {
        return ConvPointwise.suits(s) && s.outHeight() * s.outWidth() >= 8;
    }

    /// Writes dw (o, c).
    static void run(Parallel p, ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        ConvPixels inX = ConvPixels.read(s), inY = ConvPixels.all(s);
        int o = s.o(), c = s.c();
        if (Tile.paddedRows(o) * roundUp(c) <= Tile.paddedRows(c) * roundUp(o)) {
            new ConvPointwiseGrad(s.n(), inY, dy, dyo, o, inX, x, xo, c).run(p, dw, dwo, c, 1);
        } else {
            new ConvPointwiseGrad(s.n(), inX, x, xo, c, inY, dy, dyo, o).run(p, dw, dwo, 1, c);
        }
    }

    private void run(Parallel p, float[] dw, int dwo, int rowStep, int columnStep) {
        int size = paddedRows * paddedColumns, units = Math.ceilDiv(pixels, COLUMNS);
        float[] sums = Scratch.PARTS.aligned(parts * size);
        p.run(parts, part -> {
            int first = (int) ((long) units * part / parts) * COLUMNS;
            int last = (int) ((long) units * (part + 1) / parts) * COLUMNS;
            part(first, Math.min(pixels, last), sums, Scratch.ALIGNED + part * size);
        });
        int each = Math.max(1, (1 << 14) / (paddedColumns * parts));               // rows of a task
        p.run(Math.ceilDiv(rows, each), task -> {
            for (int row = task * each; row < Math.min(rows, (task + 1) * each); row++) {
                for (int column = 0; column < columns; column += COLUMNS) {
                    int at = Scratch.ALIGNED + column * paddedRows + row * COLUMNS;
                    add(sums, at, size, parts);
                    for (int j = 0; j < Math.min(COLUMNS, columns - column); j++) {
                        dw[dwo + row * rowStep + (column + j) * columnStep] = sums[at + j];
                    }
                }
            }
        });
    }

    /// Adds the sums of all parts for one row of a tile.
    private static void add(float[] sums, int at, int size, int parts) {
        FloatVector left = FloatVector.fromArray(SPECIES, sums, at);
        FloatVector right = FloatVector.fromArray(SPECIES, sums, at + WIDTH);
        for (int part = 1; part < parts; part++) {
            left = left.add(FloatVector.fromArray(SPECIES, sums, at + part * size));
            right = right.add(FloatVector.fromArray(SPECIES, sums, at + part * size + WIDTH));
        }
        left.intoArray(sums, at);
        right.intoArray(sums, at + WIDTH);
    }

    /// The sum over the pixels `first` ≤ q < `last`. Its tiles lie one behind the other.
    private void part(int first, int last, float[] sums, int at) {
        int blocks = Math.ceilDiv(last - first, block), depth = roundUp(Math.ceilDiv(last - first, blocks));
        float[] left = Scratch.ROWS.aligned(paddedRows * depth + COLUMNS);         // see pack
        float[] right = Scratch.COLUMNS.aligned(paddedColumns * depth);
        int panels = Tile.panels(rows), together = Math.max(1, ROWS / (Tile.ROWS * depth));
        for (int q = first; q < last; q += depth) {
            int steps = Math.min(depth, last - q);
            pack(rowPixels, rowSource, ro, rows, true, q, steps, left);
            pack(columnPixels, columnSource, co, columns, false, q, steps, right);
            for (int panel = 0; panel < panels; panel += together) {
                for (int column = 0; column < columns; column += COLUMNS) {
                    tiles(panel, Math.min(panels, panel + together), column, steps, left, right, q > first, sums,
                            at + column * paddedRows);
                }
            }
        }
    }

    private void tiles(int first, int last, int column, int steps, float[] left, float[] right, boolean add,
            float[] sums, int at) {
        for (int panel = first; panel < last; panel++) {
            int row = Tile.start(panel, rows), target = at + row * COLUMNS;
            Tile.multiply(Tile.height(rows - row), 1, Tile.ONE_SEGMENT, 0, steps, left, Scratch.ALIGNED + row * steps,
                    right, Scratch.ALIGNED + column * steps, add ? sums : Tile.ZEROS, add ? target : 0,
                    add ? COLUMNS : 0, sums, target, COLUMNS);
        }
    }

    /// Packs `steps` pixels of all channels into panels `[pixel][channel]`, of tile heights or of their width.
    private static void pack(ConvPixels pixels, float[] from, int at, int channels, boolean asRows, int q, int steps,
            float[] to) {
        for (int c = 0; c < channels; ) {
            int width = asRows ? Tile.height(channels - c) : COLUMNS, target = Scratch.ALIGNED + c * steps;
            // Eight channels are moved at once. Of six, the two too many are written over by what follows.
            int used = width == 6 && c + 8 <= channels ? 8 : Math.min(width, channels - c);
            if (pixels.everyPixel()) {
                for (int done = 0; done < steps; ) {
                    int length = Math.min(steps - done, pixels.count() - (q + done) % pixels.count());
                    turn(from, at + pixels.place(q + done) + c * pixels.plane(), pixels.plane(), used, length, to,
                            target + done * width, width);
                    done += length;
                }
            } else {
                int distance = steps + WIDTH;
                float[] rows = Scratch.IMAGES.floats(used * distance);
                pixels.gather(from, at + c * pixels.plane(), q, steps, used, rows, 0, distance);
                turn(rows, 0, distance, used, steps, to, target, width);
            }
            c += width;
        }
    }

    private static void turn(float[] from, int at, int step, int rows, int length, float[] to, int toAt, int width) {
        if (rows < 8) {
            Panels.packPanel(from, at, step, 1, rows, length, width, to, toAt);
        } else {
            Transpose.interleave(from, at, step, rows, length, to, toAt, width, Math.max(rows, width));
        }
    }

    private static int roundUp(int x) {
        return (x + COLUMNS - 1) / COLUMNS * COLUMNS;
    }
}
