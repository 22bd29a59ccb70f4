package invar.cpu;

/// Matrix products with a small result and a long sum, such as the gradient of a small weight over a large batch.
///
/// They have too few tiles to occupy the threads, so the sum is cut into parts instead: the parts are computed side by
/// side and then added in order. The number of parts follows from the sizes alone, so the result does not depend on the
/// number of threads. As a side effect the rounding error grows with the length of a part, not of the whole sum.
final class GemmSplit {

    /// Most elements of C that still count as small; above, the tiles are tasks enough.
    private static final int SMALL = 128 * 256;

    /// Least length of a part: below, starting a task and adding its result would cost as much as it saves.
    private static final int LENGTH = 2048;

    private static final int MOST = 16;

    private GemmSplit() {}

    /// How many parts this product is computed in; 1 means that it is not split.
    static int parts(int m, int n, int k) {
        return m * (long) n > SMALL ? 1 : Math.clamp(k / LENGTH, 1, MOST);
    }

    /// See [Gemm#strided]; the columns of C are neighbours here.
    static void multiply(Parallel p, int m, int n, int k, float[] a, int ao, int aRow, int aK, float[] b, int bo,
            int bK, int bColumn, boolean accumulate, float[] c, int co, int cRow) {
        int parts = parts(m, n, k), size = m * n;
        float[] sums = Scratch.PARTS.floats(parts * size);
        p.run(parts, part -> {
            int from = (int) ((long) k * part / parts), to = (int) ((long) k * (part + 1) / parts);
            Gemm.strided(Parallel.INLINE, m, n, to - from, a, ao + from * aK, aRow, aK, b, bo + from * bK, bK, bColumn,
                    false, sums, part * size, n, 1);
        });
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = accumulate ? c[co + i * cRow + j] : 0;
                for (int part = 0; part < parts; part++) {
                    sum += sums[part * size + i * n + j];
                }
                c[co + i * cRow + j] = sum;
            }
        }
    }
}
