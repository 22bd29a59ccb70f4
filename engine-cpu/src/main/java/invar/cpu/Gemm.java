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
/// The product is cut for the caches: B is packed once and shared by all threads; each task packs a block of rows of
/// A that fits the second-level cache; one panel of B fits the first-level cache while all panels of A pass by; the
/// sum in the registers is that of [Tile]. Sources: see there.
///
/// Every element of C is summed over k in one order, in blocks of [#DEPTH], whatever the number of threads.
final class Gemm {

    /// Depth of a block: 256 · 16 floats of B are 16 KiB, half of a first-level cache of 32 KiB.
    static final int DEPTH = 256;

    /// Rows of A in a task: 128 · 256 floats are 128 KiB, a quarter of the smallest second-level cache in sight.
    private static final int ROWS = 128;

    /// Numbers of B that are packed at a time: 16 MiB, a bound for the memory of large products.
    private static final int SLAB = 1 << 22;

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
        int slab = Math.max(COLUMNS, Math.min(roundUp(n, COLUMNS), SLAB / Math.max(k, 1) / COLUMNS * COLUMNS));
        for (int from = 0; from < n; from += slab) {
            int columns = Math.min(slab, n - from), panels = (columns + COLUMNS - 1) / COLUMNS;
            float[] packed = Scratch.COLUMNS.floats(panels * COLUMNS * k);
            int base = bo + from * bColumn;
            int group = Math.max(1, (1 << 15) / (COLUMNS * Math.max(k, 1)));    // panels of a packing task: 128 KiB
            team.run((panels + group - 1) / group, task -> {
                for (int panel = task * group; panel < Math.min(panels, (task + 1) * group); panel++) {
                    int column = panel * COLUMNS;
                    Panels.packColumns(b, base + column * bColumn, bColumn, bK, Math.min(COLUMNS, columns - column), k,
                            packed, column * k);
                }
            });
            int rowBlocks = (m + ROWS - 1) / ROWS;
            int chunk = columnChunk(columns, rowBlocks), chunks = (columns + chunk - 1) / chunk;
            int target = co + from * cColumn;
            team.run(rowBlocks * chunks, task -> {
                int row = task % rowBlocks * ROWS, column = task / rowBlocks * chunk;
                block(Math.min(ROWS, m - row), Math.min(chunk, columns - column), k, a, ao + row * aRow, aRow, aK,
                        packed, column * k, accumulate, c, target + row * cRow + column * cColumn, cRow, cColumn);
            });
        }
    }

    /// Columns of a task: many, because each task packs its rows of A; fewer if there would be too few tasks.
    private static int columnChunk(int columns, int rowBlocks) {
        int chunk = 512;
        while (chunk > 128 && rowBlocks * ((columns + chunk - 1) / chunk) < 16) {
            chunk /= 2;
        }
        return chunk;
    }

    /// One task: `rows ≤ ROWS` rows of A times `columns` columns of the packed B.
    private static void block(int rows, int columns, int k, float[] a, int ao, int aRow, int aK, float[] packedB,
            int bo, boolean accumulate, float[] c, int co, int cRow, int cColumn) {
        float[] packedA = Scratch.ROWS.floats(Tile.paddedRows(rows) * DEPTH);
        for (int start = 0; start == 0 || start < k; start += DEPTH) {
            int depth = Math.min(DEPTH, k - start);
            boolean add = accumulate || start > 0;
            Panels.packRows(a, ao + start * aK, aRow, aK, rows, depth, packedA, 0);
            for (int column = 0; column < columns; column += COLUMNS) {
                int panel = bo + column * k + start * COLUMNS, used = Math.min(COLUMNS, columns - column);
                for (int row = 0; row < rows; ) {
                    int height = Tile.height(rows - row), target = co + row * cRow + column * cColumn;
                    if (used == COLUMNS && cColumn == 1 && height <= rows - row) {
                        Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packedA, row * depth, packedB, panel,
                                add ? c : Tile.ZEROS, add ? target : 0, add ? cRow : 0, c, target, cRow);
                    } else {
                        edge(height, Math.min(height, rows - row), used, depth, packedA, row * depth, packedB, panel,
                                add, c, target, cRow, cColumn);
                    }
                    row += height;
                }
            }
        }
    }

    /// A tile that is not all inside C, or whose columns are not neighbours: by way of a full one.
    private static void edge(int height, int rows, int columns, int depth, float[] packedA, int ao, float[] packedB,
            int bo, boolean add, float[] c, int co, int cRow, int cColumn) {
        float[] tile = Scratch.EDGE.floats(Tile.ROWS * COLUMNS);
        if (add) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    tile[i * COLUMNS + j] = c[co + i * cRow + j * cColumn];
                }
            }
        }
        Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, packedA, ao, packedB, bo, add ? tile : Tile.ZEROS, 0,
                add ? COLUMNS : 0, tile, 0, COLUMNS);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                c[co + i * cRow + j * cColumn] = tile[i * COLUMNS + j];
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
