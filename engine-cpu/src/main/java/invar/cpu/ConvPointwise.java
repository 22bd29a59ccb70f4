package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

import invar.core.ContractionOp.Conv2d;

/// A convolution with a window of one pixel, or the gradient of its input: a matrix product over the pixels of all
/// images,
/// ```
/// y[o, (n, i, j)] = Σ_c w[o, c] · x[c, (n, i·stride, j·stride)]
/// dx[c, (n, i·stride, j·stride)] = Σ_o w[o, c] · dy[o, (n, i, j)]      and zero at the other pixels
/// ```
/// Its columns (n, i, j) lie in the order of y. Weights are packed once, the columns by the task that multiplies them,
/// a few panels at a time that stay in the second-level cache; pixels that no window reads are not touched. Where the
/// columns of a tile are neighbours in the result it is written in place.
///
/// The sum runs over channels in blocks of [Gemm#DEPTH], and does not depend on how the work is cut.
final class ConvPointwise {

    /// Numbers of the columns of a task: 128 KiB, a quarter of a second-level cache.
    private static final int SPAN = 32 * 1024;

    /// Numbers of the weights that a task uses for all its columns before it takes the next ones: 192 KiB.
    private static final int WEIGHTS = 48 * 1024;

    /// Tasks that a convolution has at least, if it has that many panels of columns.
    private static final int TASKS = 16;

    /// Numbers of the weights that are packed by one task, about 10 µs.
    private static final int PACKED = 8192;

    private final ConvPixels from, to;
    private final float[] source, result, weights;
    private final int so, ro, rows, depth, columns, blockPanels;

    private ConvPointwise(ConvPixels from, ConvPixels to, int images, float[] source, int so, float[] result, int ro,
            float[] weights, int rows, int depth) {
        this.from = from;
        this.to = to;
        this.source = source;
        this.so = so;
        this.result = result;
        this.ro = ro;
        this.weights = weights;
        this.rows = rows;
        this.depth = depth;
        columns = images * from.count();
        blockPanels = Math.max(1, WEIGHTS / (Tile.ROWS * Math.max(1, depth)));
    }

    /// Whether this convolution is one: any stride, but no padding and no groups.
    static boolean suits(ConvShape s) {
        Conv2d op = s.op();
        return s.window() == 1 && op.padH() == 0 && op.padW() == 0 && s.groups() == 1;
    }

    /// y from x and w.
    static void forward(Parallel p, ConvShape s, float[] x, int xo, float[] w, int wo, float[] y, int yo) {
        float[] weights = pack(p, s.o(), s.c(), w, wo, s.c(), 1);
        new ConvPointwise(ConvPixels.read(s), ConvPixels.all(s), s.n(), x, xo, y, yo, weights, s.o(), s.c()).run(p);
    }

    /// dx from dy and w.
    static void inputGrad(Parallel p, ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        float[] weights = pack(p, s.c(), s.o(), w, wo, 1, s.c());
        new ConvPointwise(ConvPixels.all(s), ConvPixels.read(s), s.n(), dy, dyo, dx, dxo, weights, s.c(), s.o())
                .run(p);
    }

    private static float[] pack(Parallel p, int rows, int depth, float[] w, int wo, int rowStep, int kStep) {
        float[] packed = Scratch.WEIGHTS.aligned(Tile.paddedRows(rows) * depth);
        int panels = Tile.panels(rows), each = Math.max(1, PACKED / (Math.max(1, depth) * Tile.ROWS));
        p.run(Math.ceilDiv(panels, each), task -> Panels.packRows(w, wo, rowStep, kStep, rows, task * each,
                Math.min(panels, (task + 1) * each), depth, packed, Scratch.ALIGNED));
        return packed;
    }

    /// Cuts the columns: anywhere if all pixels of the result are columns, else where its rows end, because the task
    /// that writes a column also writes the zeros behind it.
    private void run(Parallel p) {
        int most = Math.clamp(SPAN / Math.max(1, depth), COLUMNS, Math.max(COLUMNS, columns / TASKS));
        if (to.everyPixel()) {
            int span = most / COLUMNS * COLUMNS;
            p.run(Math.ceilDiv(columns, span), task -> task(task * span, Math.min(columns, (task + 1) * span)));
        } else if (to.count() <= most) {
            int span = most / to.count() * to.count();
            p.run(Math.ceilDiv(columns, span), task -> task(task * span, Math.min(columns, (task + 1) * span)));
        } else {
            int span = Math.max(1, most / to.width()) * to.width(), count = to.count();
            int bands = Math.ceilDiv(count, span);
            p.run(columns / count * bands, task -> {
                int first = task / bands * count, band = task % bands * span;
                task(first + band, first + Math.min(count, band + span));
            });
        }
    }

    /// All rows of some columns.
    private void task(int first, int last) {
        float[] packed = Scratch.IMAGES.aligned(Math.ceilDiv(last - first, COLUMNS) * COLUMNS * depth);
        int[] places = new int[COLUMNS];
        for (int column = first; column < last; ) {
            int at = Scratch.ALIGNED + (column - first) * depth, panels = neighbours(column, last);
            if (panels > 0) {
                ConvPixels.pack(source, so + from.place(column), from.plane(), depth, panels, packed, at);
                column += panels * COLUMNS;
            } else {
                from.pack(source, so, column, Math.min(COLUMNS, last - column), depth, places, packed, at);
                column += COLUMNS;
            }
        }
        if (!to.everyPixel()) {
            to.clear(result, ro, first, last, rows);
        }
        int panels = Tile.panels(rows);
        for (int panel = 0; panel < panels; panel += blockPanels) {
            for (int column = first; column < last; column += COLUMNS) {
                tiles(panel, Math.min(panels, panel + blockPanels), column, Math.min(COLUMNS, last - column), packed,
                        Scratch.ALIGNED + (column - first) * depth, places);
            }
        }
    }

    /// How many panels from this column on are of neighbours in the source.
    private int neighbours(int column, int last) {
        int end = Math.min(last, column - column % from.count() + from.count());
        return from.everyPixel() ? (end - column) / COLUMNS : 0;
    }

    /// The panels `panel` ≤ i < `end` of the weights times one panel of columns.
    private void tiles(int panel, int end, int column, int used, float[] packed, int at, int[] places) {
        boolean whole = used == COLUMNS && to.everyPixel() && column % to.count() + COLUMNS <= to.count();
        int plane = to.plane(), target = ro + to.place(column);
        float[] edge = Scratch.EDGE.floats(Tile.ROWS * COLUMNS);
        for (int i = panel; i < end; i++) {
            int row = Tile.start(i, rows), height = Tile.height(rows - row), weightsAt = Scratch.ALIGNED + row * depth;
            if (whole && height <= rows - row) {
                tile(height, weightsAt, packed, at, result, target + row * plane, plane);
            } else {
                tile(height, weightsAt, packed, at, edge, 0, COLUMNS);
                to.write(edge, Math.min(height, rows - row), column, used, places, result, ro + row * plane);
            }
        }
    }

    private void tile(int height, int weightsAt, float[] packed, int at, float[] c, int co, int ldc) {
        for (int k = 0; k == 0 || k < depth; k += Gemm.DEPTH) {
            boolean add = k > 0;
            Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, Math.min(Gemm.DEPTH, depth - k), weights,
                    weightsAt + k * height, packed, at + k * COLUMNS, add ? c : Tile.ZEROS, add ? co : 0,
                    add ? ldc : 0, c, co, ldc);
        }
    }
}
