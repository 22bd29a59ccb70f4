package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("lanes")
class BatchNormTest {

    private static final double EPSILON = 1e-5;
    private static final int OFFSET = 3;

    /// x = center + spread · noise, with a different center for each channel.
    private static float[] input(int n, int c, int inner, double center, double spread) {
        float[] noise = Numbers.random(n * c * inner, 1), x = new float[OFFSET + noise.length];
        for (int i = 0; i < noise.length; i++) {
            x[OFFSET + i] = (float) (center * (1 + i / inner % c) + spread * noise[i]);
        }
        return x;
    }

    private static double[][] moments(float[] x, int n, int c, int inner) {
        double[][] moments = new double[2][c];
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < n * c * inner; i++) {
                int channel = i / inner % c;
                double d = x[OFFSET + i] - moments[0][channel] * pass;
                moments[pass][channel] += (pass == 0 ? d : d * d) / ((double) n * inner);
            }
        }
        return moments;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 0, 1", "2, 3, 1, 0, 1", "33, 5, 1, 100, 0.1", "129, 70, 1, 0, 1", "7, 9, 4, 100, 0.1",
        "65, 17, 9, 0, 1",
        "5, 3, 31, -100, 0.1", "5, 3, 33, 100, 0.1", "3, 2, 1025, 1000, 0.001", "2, 3, 2100, 0, 1000",
        "9, 4, 256, 1, 1000"})
    void momentsAreThoseOfTwoPassesInDouble(int n, int c, int inner, double center, double spread) {
        float[] x = input(n, c, inner, center, spread);
        double[][] expected = moments(x, n, c, inner);
        ChannelMoments actual = ChannelMoments.of(Parallel.INLINE, x, OFFSET, n, c, inner);
        for (int i = 0; i < c; i++) {
            double deviation = Math.sqrt(expected[1][i]);
            assertThat(actual.mean()[i]).isCloseTo(expected[0][i], offset(1e-6 * deviation + 1e-12 * Math.abs(center)));
            assertThat(actual.variance()[i]).isCloseTo(expected[1][i], offset(2e-6 * expected[1][i] + 1e-30));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, 1, 0, 1, false", "33, 5, 1, 100, 0.1, true", "129, 70, 1, 0, 1, true", "7, 9, 4, 100, 0.1, false",
        "65, 17, 9, 0, 1, true", "5, 3, 33, 100, 0.1, true", "2, 3, 2100, 0, 1000, true", "9, 4, 256, 1, 3, false"})
    void normalizesAndDifferentiatesAsTheFormula(int n, int c, int inner, double center, double spread,
            boolean rectify) {
        float[] x = input(n, c, inner, center, spread), gamma = Numbers.random(OFFSET + c, 2);
        float[] beta = Numbers.random(OFFSET + c, 3), dy = Numbers.random(OFFSET + n * c * inner, 4);
        float[] y = new float[x.length], dx = new float[x.length];
        double[] dots = new double[2 * c];
        ChannelMoments moments = ChannelMoments.of(Parallel.INLINE, x, OFFSET, n, c, inner);
        double[] rstd = moments.inverseDeviation(EPSILON);
        BatchNorm.normalize(Parallel.INLINE, x, OFFSET, n, c, inner, moments.mean(), rstd, gamma, OFFSET, beta, OFFSET,
                rectify, y, OFFSET);
        float[] savedMean = new float[c], savedRstd = new float[c];
        for (int i = 0; i < c; i++) {
            savedMean[i] = (float) moments.mean()[i];
            savedRstd[i] = (float) rstd[i];
        }
        BatchNorm.backward(Parallel.INLINE, x, OFFSET, rectify ? y : null, OFFSET, dy, OFFSET, n, c, inner, savedMean,
                0, savedRstd, 0, gamma, OFFSET, dx, OFFSET, dots);

        double[][] exact = moments(x, n, c, inner);
        double[] sum = new double[c], dot = new double[c], hat = new double[x.length], g = new double[x.length];
        for (int i = OFFSET; i < x.length; i++) {
            int channel = (i - OFFSET) / inner % c;
            hat[i] = (x[i] - exact[0][channel]) / Math.sqrt(exact[1][channel] + EPSILON);
            double expected = gamma[OFFSET + channel] * hat[i] + beta[OFFSET + channel];
            assertThat((double) y[i]).isCloseTo(rectify ? Math.max(0, expected) : expected, offset(1e-5));
            g[i] = rectify && y[i] <= 0 ? 0 : dy[i];
            sum[channel] += g[i];
            dot[channel] += g[i] * hat[i];
        }
        double count = (double) n * inner, lost = 1e-7 * Math.abs(center) * c / spread;    // rounding of the saved mean
        for (int i = 0; i < c; i++) {
            assertThat(dots[i]).isCloseTo(sum[i], offset(1e-6 * count));
            assertThat(dots[c + i]).isCloseTo(dot[i], offset((2e-6 + lost) * count));
        }
        for (int i = OFFSET; i < x.length; i++) {
            int channel = (i - OFFSET) / inner % c;
            double scale = gamma[OFFSET + channel] / Math.sqrt(exact[1][channel] + EPSILON);
            double expected = scale * (g[i] - sum[channel] / count - hat[i] * dot[channel] / count);
            assertThat((double) dx[i]).isCloseTo(expected, offset(Math.abs(scale) * (1e-5 + 4 * lost) + 1e-12));
        }
    }

    @Test
    void anInfiniteGradientIsNotDropped() {
        float[] x = {1, 2, 4}, dy = {0, Float.NEGATIVE_INFINITY, 0}, dx = new float[3];
        double[] dots = new double[2];
        BatchNorm.backward(Parallel.INLINE, x, 0, null, 0, dy, 0, 3, 1, 1, new float[] {2}, 0, new float[] {1}, 0,
                new float[] {1}, 0, dx, 0, dots);
        assertThat(dots[0]).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void isTheSameToTheLastBitOnAnyNumberOfThreads() {
        for (int inner : new int[] {1, 4, 49, 1100}) {
            int n = 67, c = 19;
            float[] x = input(n, c, inner, 3, 1), dy = Numbers.random(x.length, 4), gamma = Numbers.random(c, 2);
            float[][] results = null;
            double[] dots = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (Parallel p = new Parallel(threads)) {
                    ChannelMoments moments = ChannelMoments.of(p, x, OFFSET, n, c, inner);
                    float[] y = new float[x.length], dx = new float[x.length], ones = new float[c];
                    double[] sums = new double[2 * c];
                    BatchNorm.normalize(p, x, OFFSET, n, c, inner, moments.mean(), moments.inverseDeviation(EPSILON),
                            gamma, 0, gamma, 0, true, y, OFFSET);
                    BatchNorm.backward(p, x, OFFSET, y, OFFSET, dy, OFFSET, n, c, inner, ones, 0, gamma, 0, gamma, 0,
                            dx, OFFSET, sums);
                    results = threads == 1 ? new float[][] {y, dx} : results;
                    dots = threads == 1 ? sums : dots;
                    assertThat(new float[][] {y, dx}).isDeepEqualTo(results);
                    assertThat(sums).isEqualTo(dots);
                }
            }
        }
    }
}
