package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;

/// Matrix products in single precision:
/// ```
/// C = op(A) · op(B)   or   C += op(A) · op(B)        op(X) = X or Xᵀ
/// op(A) (m, k)   op(B) (k, n)   C (m, n)
/// ```
/// All matrices are row-major with a distance of `ld` numbers between rows; A is stored (m, k), or (k, m) if it is read
/// transposed, and B likewise.
///
/// The product is cut for the caches: A and B are packed once, side by side by all threads, and shared; a task takes a
/// block of rows of A that fits the second-level cache; each panel of B is used while all panels of that block pass by;
/// the sum in the registers is that of [Tile]. Sources: see there.
///
/// Every element of C is summed over k in one order, in blocks of [#DEPTH], whatever the number of threads.
final class Gemm {

    /// Depth of a block. Longer ones would start fewer tiles, but the rounding error grows with the length of a sum; at
    /// 256 steps, when a panel of B fits the first-level cache, a product of 1024 rows is a twelfth slower.
    static final int DEPTH = 1024;

    /// Numbers of A in a task: 240 KiB, half of the smallest second-level cache in sight.
    private static final int ROWS_SIZE = 60 * DEPTH;

    /// Most panels of A in a task.
    private static final int PANELS = 20;

    /// Numbers of A, and of B, that are packed at a time: 16 MiB each, a bound for the memory of large products.
    private static final int SLAB = 1 << 22;

    /// Blocks that a product should have at least, so that threads finish together.
    private static final int TASKS = 16;

    /// Products with fewer multiplications than this run on the caller: about 10 µs, the time to wake the others.
    private static final long SERIAL = 1 << 18;

    /// Products with fewer multiplications than this are not worth packing.
    private static final long TINY = 512;

    private Gemm() {}

    /// Computes one product.
    ///
    /// @param ta, tb     whether A and B are read transposed
    /// @param ao, bo, co index of the first element
    /// @param accumulate whether the product is added to C, or C written over (and its old content not read)
    /// @throws IllegalArgumentException if a size is negative, or a leading dimension is less than the row length
    /// @throws IndexOutOfBoundsException if a matrix reaches beyond its array
    static void multiply(Parallel p, boolean ta, boolean tb, int m, int n, int k, float[] a, int ao, int lda, float[] b,
            int bo, int ldb, boolean accumulate, float[] c, int co, int ldc) {
        check("A", ta ? k : m, ta ? m : k, a, ao, lda);
        check("B", tb ? n : k, tb ? k : n, b, bo, ldb);
        check("C", m, n, c, co, ldc);
        if (m == 0 || n == 0) {
            return;
        }
        int aRow = ta ? 1 : lda, aK = ta ? lda : 1, bK = tb ? 1 : ldb, bColumn = tb ? ldb : 1;
        if (m * (long) n * k <= TINY) {
            naive(m, n, k, a, ao, aRow, aK, b, bo, bK, bColumn, accumulate, c, co, ldc);
        } else if (GemmSplit.parts(m, n, k) > 1) {
            GemmSplit.multiply(p, m, n, k, a, ao, aRow, aK, b, bo, bK, bColumn, accumulate, c, co, ldc);
        } else {
            strided(p, m, n, k, a, ao, aRow, aK, b, bo, bK, bColumn, accumulate, c, co, ldc, 1);
        }
    }

    /// Computes `batch` products of one shape; the matrices of product `i` start `i · aStep`, `i · bStep` and
    /// `i · cStep` after those of the first. A step of zero shares a matrix, which C must not do.
    ///
    /// Large products run one after another, each on all threads; small ones side by side. The results are those of
    /// [#multiply] either way.
    static void multiplyBatch(Parallel p, int batch, boolean ta, boolean tb, int m, int n, int k, float[] a, int ao,
            int aStep, int lda, float[] b, int bo, int bStep, int ldb, boolean accumulate, float[] c, int co, int cStep,
            int ldc) {
        if (batch < 0) {
            throw new IllegalArgumentException("the number of products must be at least 0 but is " + batch);
        }
        long work = m * (long) n * Math.max(k, 1);
        if (work >= 16 * SERIAL || batch == 1) {
            for (int i = 0; i < batch; i++) {
                multiply(p, ta, tb, m, n, k, a, ao + i * aStep, lda, b, bo + i * bStep, ldb, accumulate, c,
                        co + i * cStep, ldc);
            }
            return;
        }
        int each = (int) Math.max(1, SERIAL / Math.max(1, work));    // products of a task
        p.run((batch + each - 1) / each, task -> {
            for (int i = task * each; i < Math.min(batch, (task + 1) * each); i++) {
                multiply(Parallel.INLINE, ta, tb, m, n, k, a, ao + i * aStep, lda, b, bo + i * bStep, ldb, accumulate,
                        c, co + i * cStep, ldc);
            }
        });
    }

    /// The product with a distance between neighbours for both dimensions of all matrices.
    ///
    /// Vectors run along the columns. If there are fewer than a tile has, Cᵀ = op(B)ᵀ op(A)ᵀ is computed instead.
    static void strided(Parallel p, int m, int n, int k, float[] a, int ao, int aRow, int aK, float[] b, int bo, int bK,
            int bColumn, boolean accumulate, float[] c, int co, int cRow, int cColumn) {
        if (n < COLUMNS && m > n) {
            blocked(p, n, m, k, b, bo, bColumn, bK, a, ao, aK, aRow, accumulate, c, co, cColumn, cRow);
        } else {
            blocked(p, m, n, k, a, ao, aRow, aK, b, bo, bK, bColumn, accumulate, c, co, cRow, cColumn);
        }
    }

    private static void blocked(Parallel p, int m, int n, int k, float[] a, int ao, int aRow, int aK, float[] b, int bo,
            int bK, int bColumn, boolean accumulate, float[] c, int co, int cRow, int cColumn) {
        Parallel team = m * (long) n * k < SERIAL ? Parallel.INLINE : p;
        int columnSlab = slab(n, k, COLUMNS), rowSlab = slab(m, k, Tile.ROWS);
        for (int column = 0; column < n; column += columnSlab) {
            int columns = Math.min(columnSlab, n - column);
            for (int row = 0; row < m; row += rowSlab) {
                int rows = Math.min(rowSlab, m - row);
                float[] packedA = Scratch.ROWS.aligned(Tile.paddedRows(rows) * k);
                float[] packedB = Scratch.COLUMNS.aligned(roundUp(columns, COLUMNS) * k);
                pack(team, rows, row == 0 ? columns : 0, k, a, ao + row * aRow, aRow, aK, packedA, b,
                        bo + column * bColumn, bK, bColumn, packedB);
                multiply(team, rows, columns, k, packedA, packedB, accumulate, c, co + row * cRow + column * cColumn,
                        cRow, cColumn);
            }
        }
    }

    /// How many of `size` rows or columns of length `k` are packed at a time; a multiple of `unit`, or all.
    private static int slab(int size, int k, int unit) {
        return Math.max(unit, Math.min(roundUp(size, unit), SLAB / Math.max(k, 1) / unit * unit));
    }

    /// Packs rows of A and columns of B, in tasks of about 128 KiB.
    private static void pack(Parallel team, int rows, int columns, int k, float[] a, int ao, int aRow, int aK,
            float[] packedA, float[] b, int bo, int bK, int bColumn, float[] packedB) {
        int each = Math.max(1, (1 << 15) / (COLUMNS * Math.max(k, 1)));            // panels of a task
        int rowPanels = Tile.panels(rows), columnPanels = tasks(columns, COLUMNS), rowTasks = tasks(rowPanels, each);
        team.run(rowTasks + tasks(columnPanels, each), task -> {
            if (task < rowTasks) {
                int last = Math.min(rowPanels, (task + 1) * each);
                Panels.packRows(a, ao, aRow, aK, rows, task * each, last, k, packedA, Scratch.ALIGNED);
            } else {
                int first = (task - rowTasks) * each;
                for (int panel = first; panel < Math.min(columnPanels, first + each); panel++) {
                    int column = panel * COLUMNS;
                    Panels.packColumns(b, bo + column * bColumn, bColumn, bK, Math.min(COLUMNS, columns - column), k,
                            packedB, Scratch.ALIGNED + column * k);
                }
            }
        });
    }

    /// The product of what is packed. Blocks have 128 columns, so that theirs of C stay in the second-level cache
    /// beside the rows of A while the sum goes on; they get smaller if there would be too few to share out.
    private static void multiply(Parallel team, int m, int n, int k, float[] packedA, float[] packedB,
            boolean accumulate, float[] c, int co, int cRow, int cColumn) {
        int panels = Tile.panels(m), wide = 128;
        int high = Math.min(PANELS, ROWS_SIZE / (Tile.ROWS * Math.clamp(k, 1, DEPTH)));
        while (wide > 64 && tasks(panels, high) * tasks(n, wide) < TASKS) {
            wide /= 2;
        }
        while (high > 5 && tasks(panels, high) * tasks(n, wide) < TASKS) {
            high /= 2;
        }
        int rows = high, columns = wide, across = tasks(panels, rows);
        team.run(across * tasks(n, columns), task -> {
            int first = task % across * rows, column = task / across * columns;
            block(m, first, Math.min(panels, first + rows), Math.min(columns, n - column), k, packedA, packedB,
                    Scratch.ALIGNED + column * k, accumulate, c, co + column * cColumn, cRow, cColumn);
        });
    }

    private static int tasks(int size, int each) {
        return (size + each - 1) / each;
    }

    /// One task: the panels `first` ≤ panel < `last` of the packed A times some columns of the packed B.
    ///
    /// While the sum goes on its tiles lie one behind the other: rows of a large C may be a power of two apart, and
    /// then compete for the same places of the caches.
    private static void block(int m, int first, int last, int columns, int k, float[] packedA, float[] packedB, int bo,
            boolean accumulate, float[] c, int co, int cRow, int cColumn) {
        int top = Tile.start(first, m), rows = Tile.start(last, m) - top;
        float[] sums = k > DEPTH ? Scratch.PARTIAL.aligned(rows * roundUp(columns, COLUMNS)) : Tile.ZEROS;
        for (int start = 0; start == 0 || start < k; start += DEPTH) {
            int depth = Math.min(DEPTH, k - start);
            boolean toC = start + depth == k, fromC = start == 0 && accumulate, fromSums = start > 0;
            for (int column = 0; column < columns; column += COLUMNS) {
                int panelB = bo + column * k + start * COLUMNS, used = Math.min(COLUMNS, columns - column);
                for (int panel = first; panel < last; panel++) {
                    int row = Tile.start(panel, m), height = Tile.height(m - row);
                    int panelA = Scratch.ALIGNED + row * k + start * height;
                    int target = co + row * cRow + column * cColumn;
                    int sum = Scratch.ALIGNED + column * rows + (row - top) * COLUMNS;
                    boolean whole = used == COLUMNS && cColumn == 1 && height <= m - row;
                    float[] edge = whole || !toC && !fromC ? sums : Scratch.EDGE.floats(Tile.ROWS * COLUMNS);
                    if (fromC && !whole) {
                        copy(Math.min(height, m - row), used, c, target, cRow, cColumn, edge, 0, COLUMNS, 1);
                    }
                    boolean direct = fromC && whole;
                    float[] from = direct ? c : fromC ? edge : fromSums ? sums : Tile.ZEROS;
                    float[] to = !toC ? sums : whole ? c : edge;
                    Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packedA, panelA, packedB, panelB, from,
                            direct ? target : fromSums ? sum : 0, direct ? cRow : fromC || fromSums ? COLUMNS : 0, to,
                            !toC ? sum : whole ? target : 0, toC && whole ? cRow : COLUMNS);
                    if (toC && !whole) {
                        copy(Math.min(height, m - row), used, edge, 0, COLUMNS, 1, c, target, cRow, cColumn);
                    }
                }
            }
        }
    }

    /// Copies a piece of a matrix: a tile that is not all inside C, or whose columns are not neighbours.
    private static void copy(int rows, int columns, float[] from, int fo, int fRow, int fColumn, float[] to, int at,
            int row, int column) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                to[at + i * row + j * column] = from[fo + i * fRow + j * fColumn];
            }
        }
    }

    private static void naive(int m, int n, int k, float[] a, int ao, int aRow, int aK, float[] b, int bo, int bK,
            int bColumn, boolean accumulate, float[] c, int co, int cRow) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = accumulate ? c[co + i * cRow + j] : 0;
                for (int t = 0; t < k; t++) {
                    sum = Math.fma(a[ao + i * aRow + t * aK], b[bo + t * bK + j * bColumn], sum);
                }
                c[co + i * cRow + j] = sum;
            }
        }
    }

    private static int roundUp(int x, int unit) {
        return (x + unit - 1) / unit * unit;
    }

    private static void check(String name, int rows, int columns, float[] x, int offset, int ld) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException(name + " has a negative size: (" + rows + ", " + columns + ")");
        }
        if (rows > 1 && ld < columns) {
            throw new IllegalArgumentException(
                    "the rows of " + name + " overlap: their distance " + ld + " is less than their length " + columns);
        }
        if (rows > 0 && columns > 0) {
            long last = offset + (rows - 1L) * ld + columns;
            if (offset < 0 || last > x.length) {
                throw new IndexOutOfBoundsException(
                        name + " reaches from " + offset + " to " + last + " in an array of " + x.length);
            }
        }
    }
}
