package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The transforms of Winograd's minimal filtering F(2 × 2, 3 × 3), on many independent numbers at once.
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016,
/// [arXiv:1509.09308](https://arxiv.org/abs/1509.09308), Eqs. 7–10. Four by four pixels d and a window g of three by
/// three give two by two pixels y of a cross-correlation, with 16 multiplications instead of 36:
/// ```
/// U = G g Gᵀ     V = Bᵀ d B     M = U ⊙ V     y = Aᵀ M A
///
///      1  0 −1  0           1  0  0
/// Bᵀ = 0  1  1  0      G =  ½  ½  ½      Aᵀ = 1  1  1  0
///      0 −1  1  0           ½ −½  ½           0  1 −1 −1
///      0  1  0 −1           0  0  1
/// ```
/// Each method makes one row of a transformed matrix: first it combines rows, then columns. A row needs few vectors, so
/// that nothing is kept on the stack, and no intermediate result is written. Reading the matrix two or three times is
/// no loss, because reading is the cheaper half: V is limited by its 16 writes.
final class Winograd {

    /// Rows and columns of d, U, V and M.
    static final int SIZE = 4;

    /// Rows and columns of y.
    static final int OUTPUTS = 2;

    /// Rows and columns of g.
    static final int TAPS = 3;

    /// Row i of Bᵀ d is row `FIRST[i]` of d and `SIGN[i]` times its row `SECOND[i]`.
    private static final int[] FIRST = {0, 1, 2, 1};
    private static final int[] SECOND = {2, 2, 1, 3};
    private static final float[] SIGN = {-1, 1, -1, -1};

    private static final float[][] G = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};

    private Winograd() {}

    /// Row `row` of V = Bᵀ d B.
    ///
    /// @param pixels 16 places from index `at`: where in `d` each pixel, row by row, has its `length` numbers
    /// @param v      the four elements of the row start at `to`, `plane` apart
    static void input(float[] d, int[] pixels, int at, int row, int length, float[] v, int to, int plane) {
        FloatVector sign = FloatVector.broadcast(SPECIES, SIGN[row]);
        int a = at + SIZE * FIRST[row], b = at + SIZE * SECOND[row];
        int a0 = pixels[a], a1 = pixels[a + 1], a2 = pixels[a + 2], a3 = pixels[a + 3];
        int b0 = pixels[b], b1 = pixels[b + 1], b2 = pixels[b + 2], b3 = pixels[b + 3];
        for (int k = 0; k < length; k += WIDTH) {
            FloatVector e0 = sign.fma(load(d, b0 + k), load(d, a0 + k));
            FloatVector e2 = sign.fma(load(d, b2 + k), load(d, a2 + k));
            e0.sub(e2).intoArray(v, to + k);
            FloatVector e1 = sign.fma(load(d, b1 + k), load(d, a1 + k));
            e1.add(e2).intoArray(v, to + plane + k);
            e2.sub(e1).intoArray(v, to + 2 * plane + k);
            FloatVector e3 = sign.fma(load(d, b3 + k), load(d, a3 + k));
            e1.sub(e3).intoArray(v, to + 3 * plane + k);
        }
    }

    /// Row `row` of y = Aᵀ M A.
    ///
    /// @param m     the 16 elements of M, `length` numbers each, start at `at`, `plane` apart
    /// @param left  where the first of the two elements goes in `y`
    /// @param right where the second one goes
    static void output(float[] m, int at, int plane, int row, int length, float[] y, int left, int right) {
        FloatVector sign = FloatVector.broadcast(SPECIES, row == 0 ? 1 : -1);
        int p = at + row * SIZE * plane, q = p + SIZE * plane, r = q + SIZE * plane;
        for (int k = 0; k < length; k += WIDTH) {
            FloatVector f1 = sum(m, p + plane + k, q + plane + k, r + plane + k, sign);
            FloatVector f2 = sum(m, p + 2 * plane + k, q + 2 * plane + k, r + 2 * plane + k, sign);
            FloatVector f0 = sum(m, p + k, q + k, r + k, sign);
            f0.add(f1).add(f2).intoArray(y, left + k);
            FloatVector f3 = sum(m, p + 3 * plane + k, q + 3 * plane + k, r + 3 * plane + k, sign);
            f1.sub(f2).sub(f3).intoArray(y, right + k);
        }
    }

    /// Row `row` of U = G g Gᵀ.
    ///
    /// @param g  the nine taps, `length` numbers each, start at `at`, `length` apart
    /// @param u  the four elements of the row start at `to`, `plane` apart
    static void weights(float[] g, int at, int row, int length, float[] u, int to, int plane) {
        FloatVector x = FloatVector.broadcast(SPECIES, G[row][0]), y = FloatVector.broadcast(SPECIES, G[row][1]);
        FloatVector z = FloatVector.broadcast(SPECIES, G[row][2]), half = FloatVector.broadcast(SPECIES, 0.5f);
        int second = at + TAPS * length, third = second + TAPS * length;
        for (int k = 0; k < length; k += WIDTH) {
            FloatVector h0 = z.fma(load(g, third + k), y.fma(load(g, second + k), x.mul(load(g, at + k))));
            int j = k + length;
            FloatVector h1 = z.fma(load(g, third + j), y.fma(load(g, second + j), x.mul(load(g, at + j))));
            j += length;
            FloatVector h2 = z.fma(load(g, third + j), y.fma(load(g, second + j), x.mul(load(g, at + j))));
            h0.intoArray(u, to + k);
            h2.intoArray(u, to + 3 * plane + k);
            FloatVector outer = h0.add(h2);
            outer.add(h1).mul(half).intoArray(u, to + plane + k);
            outer.sub(h1).mul(half).intoArray(u, to + 2 * plane + k);
        }
    }

    /// p ± (q + r).
    private static FloatVector sum(float[] m, int p, int q, int r, FloatVector sign) {
        return sign.fma(load(m, q).add(load(m, r)), load(m, p));
    }

    private static FloatVector load(float[] a, int at) {
        return FloatVector.fromArray(SPECIES, a, at);
    }
}
