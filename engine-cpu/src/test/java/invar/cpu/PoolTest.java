package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolTest {

    private static final int OFFSET = 2;

    private static Pool pool(int planes, int height, int width, int kernel, int stride, int padding) {
        return new Pool(planes, height, width, (height + 2 * padding - kernel) / stride + 1,
                (width + 2 * padding - kernel) / stride + 1, kernel, stride, padding);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, 1, 0", "5, 4, 6, 2, 2, 0", "33, 9, 7, 3, 2, 1", "3, 7, 9, 3, 1, 1", "2, 5, 5, 2, 3, 1",
        "7, 8, 8, 8, 8, 0",
        "2, 31, 17, 5, 4, 2"})
    void followsTheFormulas(int planes, int height, int width, int kernel, int stride, int padding) {
        Pool pool = pool(planes, height, width, kernel, stride, padding);
        int in = planes * height * width, out = planes * pool.outHeight() * pool.outWidth();
        float[] x = Numbers.random(OFFSET + in, 1), dy = Numbers.random(OFFSET + out, 2);
        for (int i = 0; i < x.length; i++) {
            x[i] = Math.round(x[i] * 4) / 4f;                  // many ties
        }
        float[] max = new float[OFFSET + out], maxGrad = Numbers.random(OFFSET + in, 3), mean = new float[OFFSET + out];
        float[] meanGrad = Numbers.random(OFFSET + in, 3);
        int[] place = new int[OFFSET + out];
        try (Parallel p = new Parallel(2)) {
            pool.max(p, x, OFFSET, max, OFFSET, place, OFFSET);
            pool.maxGrad(p, dy, OFFSET, place, OFFSET, maxGrad, OFFSET);
            pool.mean(p, x, OFFSET, mean, OFFSET);
            pool.meanGrad(p, dy, OFFSET, meanGrad, OFFSET);
        }
        double[] expectedMaxGrad = new double[in], expectedMeanGrad = new double[in];
        for (int o = 0; o < out; o++) {
            int plane = o / (pool.outHeight() * pool.outWidth());
            int i = o / pool.outWidth() % pool.outHeight(), j = o % pool.outWidth(), best = -1;
            double sum = 0;
            for (int row = i * stride - padding; row < i * stride - padding + kernel; row++) {
                for (int column = j * stride - padding; column < j * stride - padding + kernel; column++) {
                    if (row < 0 || row >= height || column < 0 || column >= width) {
                        continue;
                    }
                    int at = (plane * height + row) * width + column;
                    sum += x[OFFSET + at];
                    best = best < 0 || x[OFFSET + at] > x[OFFSET + best] ? at : best;
                    expectedMeanGrad[at] += dy[OFFSET + o] / (kernel * kernel);
                }
            }
            expectedMaxGrad[best] += dy[OFFSET + o];
            assertThat(max[OFFSET + o]).isEqualTo(x[OFFSET + best]);
            assertThat(place[OFFSET + o]).isEqualTo(best - plane * height * width);
            assertThat((double) mean[OFFSET + o]).isCloseTo(sum / (kernel * kernel), offset(1e-5));
        }
        for (int i = 0; i < in; i++) {
            assertThat((double) maxGrad[OFFSET + i]).as("maximum").isCloseTo(expectedMaxGrad[i], offset(1e-5));
            assertThat((double) meanGrad[OFFSET + i]).as("mean").isCloseTo(expectedMeanGrad[i], offset(1e-5));
        }
    }
}
