package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class GemmTest {

    private static final int[] SIZES = {1, 2, 3, 4, 5, 7, 9, 16, 17, 31, 33};

    /// One product with offsets and room between the rows; what is not C must stay as it was.
    private record Case(boolean ta, boolean tb, int m, int n, int k, boolean accumulate) {

        private static final int GAP = 3, OFFSET = 5;

        int lda() {
            return (ta ? m : k) + GAP;
        }

        int ldb() {
            return (tb ? k : n) + GAP;
        }

        int ldc() {
            return n + GAP;
        }

        float[] a() {
            return Numbers.random(OFFSET + (ta ? k : m) * lda(), 1);
        }

        float[] b() {
            return Numbers.random(OFFSET + (tb ? n : k) * ldb(), 2);
        }

        float[] c() {
            float[] c = Numbers.random(OFFSET + m * ldc(), 3);
            if (!accumulate) {
                for (int i = 0; i < m; i++) {                  // must be overwritten without being read
                    Arrays.fill(c, OFFSET + i * ldc(), OFFSET + i * ldc() + n, Float.NaN);
                }
            }
            return c;
        }

        float[] run(Parallel p) {
            float[] c = c();
            Gemm.multiply(p, ta, tb, m, n, k, a(), OFFSET, lda(), b(), OFFSET, ldb(), accumulate, c, OFFSET, ldc());
            return c;
        }

        void check(Parallel p) {
            float[] a = a(), b = b(), before = c(), c = run(p);
            double[] expected = new double[c.length], bound = new double[c.length];
            for (int i = 0; i < c.length; i++) {
                expected[i] = before[i];
            }
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    int at = OFFSET + i * ldc() + j;
                    double sum = accumulate ? before[at] : 0, magnitudes = Math.abs(sum);
                    for (int t = 0; t < k; t++) {
                        double term = (double) a[OFFSET + (ta ? t * lda() + i : i * lda() + t)]
                                * b[OFFSET + (tb ? j * ldb() + t : t * ldb() + j)];
                        sum += term;
                        magnitudes += Math.abs(term);
                    }
                    expected[at] = sum;
                    bound[at] = Numbers.bound(k, magnitudes);
                }
            }
            Numbers.assertWithin(c, expected, bound, toString());
        }
    }

    @Test
    void isRightForAllSmallSizes() {
        for (int m : SIZES) {
            for (int n : SIZES) {
                for (int k : SIZES) {
                    boolean accumulate = (m + n + k) % 2 == 0, ta = (m + k) % 3 == 0, tb = n % 2 == k % 2;
                    new Case(ta, tb, m, n, k, accumulate).check(Parallel.INLINE);
                }
            }
        }
    }

    @Test
    void isRightForBothWaysToReadEachMatrix() {
        for (int flags = 0; flags < 8; flags++) {
            boolean ta = (flags & 1) != 0, tb = (flags & 2) != 0, accumulate = (flags & 4) != 0;
            new Case(ta, tb, 37, 51, 29, accumulate).check(Parallel.INLINE);
            new Case(ta, tb, 51, 5, 29, accumulate).check(Parallel.INLINE);    // computed as the transpose
            new Case(ta, tb, 1, 129, 33, accumulate).check(Parallel.INLINE);
            new Case(ta, tb, 129, 1, 33, accumulate).check(Parallel.INLINE);
        }
    }

    @Test
    void isRightWhereEachBlockEnds() {
        try (Parallel p = new Parallel(2)) {
            new Case(false, false, 33, 17, 2 * Gemm.DEPTH + 1, true).check(p);
            new Case(false, true, 129, 33, Gemm.DEPTH, false).check(p);
            new Case(true, false, 131, 145, 19, true).check(p);
            new Case(true, true, 9, 529, Gemm.DEPTH + 7, false).check(p);
        }
    }

    @Test
    void isRightForLongSums() {
        try (Parallel p = new Parallel(2)) {
            assertThat(GemmSplit.parts(5, 19, 9001)).isGreaterThan(1);
            new Case(false, false, 5, 19, 9001, true).check(p);
            new Case(true, false, 3, 3, 4099, false).check(p);
        }
    }

    @Test
    void anEmptySumIsZero() {
        new Case(false, false, 5, 33, 0, false).check(Parallel.INLINE);
        new Case(false, false, 33, 5, 0, true).check(Parallel.INLINE);
        new Case(false, false, 1, 1, 0, false).check(Parallel.INLINE);
        new Case(false, false, 0, 7, 3, false).check(Parallel.INLINE);
        new Case(false, false, 7, 0, 3, false).check(Parallel.INLINE);
    }

    @Test
    void isTheSameToTheLastBitOnAnyNumberOfThreads() {
        Case[] cases = {new Case(false, false, 150, 300, 270, true), new Case(false, true, 200, 9, 300, false),
            new Case(true, false, 7, 17, 20_000, true)};
        for (Case each : cases) {
            float[] one = each.run(Parallel.INLINE);
            for (int threads = 1; threads <= 3; threads++) {
                try (Parallel p = new Parallel(threads)) {
                    assertThat(each.run(p)).as("%s on %d threads", each, threads).isEqualTo(one);
                }
            }
        }
    }

    @Test
    void keepsInfinitiesAndNans() {
        float[] a = {1, 2, 3, 4}, b = {Float.POSITIVE_INFINITY, 0, 0, Float.NaN}, c = new float[4];
        Gemm.multiply(Parallel.INLINE, false, false, 2, 2, 2, a, 0, 2, b, 0, 2, false, c, 0, 2);
        assertThat(c).containsExactly(Float.POSITIVE_INFINITY, Float.NaN, Float.POSITIVE_INFINITY, Float.NaN);
    }

    @Test
    void aBatchIsItsProductsOneByOne() {
        int batch = 7, m = 9, n = 33, k = 17;
        float[] a = Numbers.random(batch * m * k, 1), b = Numbers.random(k * n, 2);
        float[] c = new float[batch * m * n], expected = new float[batch * m * n];
        for (int i = 0; i < batch; i++) {
            Gemm.multiply(Parallel.INLINE, false, false, m, n, k, a, i * m * k, k, b, 0, n, false, expected, i * m * n,
                    n);
        }
        try (Parallel p = new Parallel(2)) {
            Gemm.multiplyBatch(p, batch, false, false, m, n, k, a, 0, m * k, k, b, 0, 0, n, false, c, 0, m * n, n);
            assertThat(c).isEqualTo(expected);
            Gemm.multiplyBatch(p, 0, false, false, m, n, k, a, 0, m * k, k, b, 0, 0, n, false, c, 0, m * n, n);
            assertThat(c).isEqualTo(expected);
        }
    }

    @Test
    void aBatchOfLargeProductsIsRightToo() {
        int batch = 2, m = 180, n = 160, k = 150;
        float[] a = Numbers.random(batch * m * k, 1), b = Numbers.random(batch * k * n, 2);
        float[] c = new float[batch * m * n], expected = new float[batch * m * n];
        try (Parallel p = new Parallel(2)) {
            Gemm.multiplyBatch(p, batch, false, true, m, n, k, a, 0, m * k, k, b, 0, n * k, k, false, c, 0, m * n, n);
            for (int i = 0; i < batch; i++) {
                Gemm.multiply(p, false, true, m, n, k, a, i * m * k, k, b, i * n * k, k, false, expected, i * m * n, n);
            }
        }
        assertThat(c).isEqualTo(expected);
    }

    @Test
    void namesTheMatrixThatDoesNotFit() {
        float[] x = new float[12];
        assertThatThrownBy(() -> Gemm.multiply(Parallel.INLINE, false, false, 3, 4, 2, x, 0, 2, x, 6, 4, false, x, 0,
                4))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("B reaches from 6 to 14 in an array of 12");
        assertThatIllegalArgumentException().isThrownBy(
                () -> Gemm.multiply(Parallel.INLINE, false, false, 3, 4, 2, x, 0, 1, x, 0, 4, false, x, 0, 4))
                .withMessageContaining("rows of A overlap");
        assertThatIllegalArgumentException().isThrownBy(
                () -> Gemm.multiply(Parallel.INLINE, false, false, -1, 4, 2, x, 0, 2, x, 0, 4, false, x, 0, 4))
                .withMessageContaining("A has a negative size");
    }
}
