package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// The sums and the products of NT-Xent from one half of the symmetric matrix of similarities: a block of it above the
/// diagonal serves its rows and, read the other way, its columns. With e = exp((s − 1)/τ), 0 on the diagonal,
/// ```
/// Rᵢ = Σⱼ eᵢⱼ        C = Σᵢ uᵢ wᵢⱼ,   wᵢⱼ = eᵢⱼ (fᵢ + fⱼ)
/// ```
/// |s| ≤ 1, so 1 stands in for the maximum of every row; [#safe] says for which τ nothing underflows. Powers of two are
/// computed in place of those of e, with log₂ e put into the scale.
///
/// @param u       the similarities
/// @param scale   log₂ e / τ
/// @param saved   all eᵢⱼ above the diagonal, block by block, to be used again in place of computing them again; or
///                null
record NtXentPairs(Similarities u, float scale, float[] saved) {

    /// Rows up to which the exponentials are kept: 136 MB. To read one back takes less time than the D multiply-adds
    /// that it is made of, even from main memory.
    private static final int KEPT = 8192;

    /// Whether the smallest exponential, 2^(−2 scale), is a normal number with room to spare. A sum of one term, for
    /// two rows, is left to the other way too, which makes it exactly 1.
    static boolean safe(double temperature, int rows) {
        return rows > 2 && 2 * scale(temperature) < 124;
    }

    static float scale(double temperature) {
        return (float) (1 / (temperature * Math.log(2)));
    }

    /// 1/τ as the rounded scale has it: the logarithm, without its maximum taken out, of a sum R = 1.
    double inverse() {
        return scale * Math.log(2);
    }

    /// For one pass, or for both a pass of [#sums] and one of [#products].
    static NtXentPairs of(Similarities u, double temperature, boolean both) {
        boolean keep = both && u.m() <= KEPT;
        float[] saved = keep ? Scratch.EXPONENTIALS.floats(BlockPairs.count(u.blocks()) * pairSize(u)) : null;
        return new NtXentPairs(u, scale(temperature), saved);
    }

    private static int pairSize(Similarities u) {
        return u.block() / COLUMNS * u.pieceSize();
    }

    private int savedAt(int i, int j) {
        return BlockPairs.index(i, j, u.blocks()) * pairSize(u);
    }

    /// R, one sum for each row.
    double[] sums(Parallel parallel) {
        double[] sums = new double[u.m()];
        BlockPairs.each(parallel, u.blocks(), (i, j) -> {
            float[] e = saved == null ? Scratch.SIMILARITIES.floats(u.pieceSize()) : saved;
            int columns = u.block() * WIDTH;                                       // where sums of columns are
            float[] lanes = Scratch.LANES.floats(columns + COLUMNS);
            Arrays.fill(lanes, 0, columns, 0);
            int at = saved == null ? 0 : savedAt(i, j);
            for (int panel = u.firstPanel(j); panel < u.panelsEnd(j); panel++) {
                exponentials(i, j, panel, e, at);
                addUp(e, at, u.rows(i), lanes, columns);
                int first = panel * COLUMNS;
                for (int c = first; c < Math.min(u.m(), first + COLUMNS); c++) sums[c] += lanes[columns + c - first];
                if (saved != null) at += u.pieceSize();
            }
            for (int r = 0; r < u.rows(i) && i < j; r++) {
                float sum = 0;
                for (int lane = 0; lane < WIDTH; lane++) sum += lanes[r * WIDTH + lane];
                sums[i * u.block() + r] += sum;
            }
        });
        return sums;
    }

    /// C, transposed: for each panel of columns [Similarities#productSize] numbers, (d, COLUMNS).
    ///
    /// @param factors f, with zeros up to a multiple of COLUMNS
    float[] products(Parallel parallel, float[] factors) {
        int size = u.productSize(), block = u.block();
        float[] products = Scratch.GRADIENT.floats(u.panels() * size);
        Chunks.each(parallel, u.panels(), size,
                panel -> Arrays.fill(products, panel * size, (panel + 1) * size, 0));
        BlockPairs.each(parallel, u.blocks(), (i, j) -> {
            float[] w = Scratch.SIMILARITIES.floats(u.pieceSize()), turned = Scratch.TURNED.floats(block * block);
            int at = saved == null ? 0 : savedAt(i, j), rows = u.rows(i);
            for (int panel = u.firstPanel(j); panel < u.panelsEnd(j); panel++) {
                if (saved == null) exponentials(i, j, panel, w, 0);
                weigh(saved == null ? w : saved, at, rows, factors, i * block, panel * COLUMNS, w);
                u.multiply(i, w, 0, products, panel * size);
                if (saved != null) at += u.pieceSize();
                int to = (panel * COLUMNS - j * block) * COLUMNS;
                for (int r = 0; r < rows && i < j; r += COLUMNS) {                 // block i is full if j follows
                    Transpose.interleave(w, r * COLUMNS, COLUMNS, COLUMNS, COLUMNS, turned, r * block + to, COLUMNS,
                            COLUMNS);
                }
            }
            for (int panel = u.firstPanel(i); panel < u.panelsEnd(i) && i < j; panel++) {
                u.multiply(j, turned, (panel - u.firstPanel(i)) * COLUMNS * block, products, panel * size);
            }
        });
        return products;
    }

    /// e of one piece; zero on the diagonal, and in columns from m on.
    private void exponentials(int i, int j, int panel, float[] e, int at) {
        u.product(i, panel, e, at);
        int rows = u.rows(i), column = panel * COLUMNS;
        exp(e, at, rows * COLUMNS, scale);
        if (i == j) {
            for (int c = column; c < Math.min(u.m(), column + COLUMNS); c++) {
                e[at + (c - i * u.block()) * COLUMNS + c - column] = 0;
            }
        }
        for (int lane = u.m() - column; lane < COLUMNS; lane++) {
            for (int r = 0; r < rows; r++) e[at + r * COLUMNS + lane] = 0;
        }
    }

    /// 2^(scale (s − 1)), in place.
    private static void exp(float[] s, int at, int n, float scale) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.broadcast(SPECIES, -scale);
        for (int i = at; i < at + n; i += WIDTH) {
            Powers.two(FloatVector.fromArray(SPECIES, s, i).fma(factor, minus)).intoArray(s, i);
        }
    }

    /// Sums of the columns of a piece, to `lanes` from `columns` on, and those of the rows added to it from 0 on, a
    /// vector for each row.
    private static void addUp(float[] e, int at, int rows, float[] lanes, int columns) {
        FloatVector left = FloatVector.zero(SPECIES), right = left;
        for (int r = 0; r < rows; r++) {
            FloatVector a = FloatVector.fromArray(SPECIES, e, at + r * COLUMNS);
            FloatVector b = FloatVector.fromArray(SPECIES, e, at + r * COLUMNS + WIDTH);
            left = left.add(a);
            right = right.add(b);
            a.add(b).add(FloatVector.fromArray(SPECIES, lanes, r * WIDTH)).intoArray(lanes, r * WIDTH);
        }
        left.intoArray(lanes, columns);
        right.intoArray(lanes, columns + WIDTH);
    }

    /// w = e (f of the row + f of the column).
    private static void weigh(float[] e, int at, int rows, float[] factors, int row, int column, float[] w) {
        FloatVector left = FloatVector.fromArray(SPECIES, factors, column);
        FloatVector right = FloatVector.fromArray(SPECIES, factors, column + WIDTH);
        for (int r = 0; r < rows; r++) {
            float own = factors[row + r];
            int from = at + r * COLUMNS, to = r * COLUMNS;
            FloatVector.fromArray(SPECIES, e, from).mul(left.add(own)).intoArray(w, to);
            FloatVector.fromArray(SPECIES, e, from + WIDTH).mul(right.add(own)).intoArray(w, to + WIDTH);
        }
    }
}
