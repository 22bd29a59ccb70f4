package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SphericalKMeansTest {

    private static final Device DEVICE = Device.open("reference");

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "9, 3, 1", "33, 5, 2", "129, 7, 10", "31, 31, 3"})
    void agreesWithLoops(int n, int k, int iterations) {
        double[][] x = units(n, 4, 1);
        int[] start = Arrays.copyOf(new Philox(2, 3).permutation(n), k);
        Tensor centroids = DEVICE.zeros(Shape.of(k, 4));
        int[] nearest = new SphericalKMeans(iterations).fit(tensor(DEVICE, x), start, centroids);
        double[][] c = new double[k][];
        for (int j = 0; j < k; j++) c[j] = x[start[j]].clone();
        for (int i = 0; i < iterations; i++) move(x, c, nearest(x, c));
        assertThat(nearest).isEqualTo(nearest(x, c));
        assertThat(centroids.doubles()).containsExactly(flat(c), within(1e-12));
    }

    private static int[] nearest(double[][] x, double[][] c) {
        int[] nearest = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            for (int k = 1; k < c.length; k++) if (dot(x[i], c[k]) > dot(x[i], c[nearest[i]])) nearest[i] = k;
        }
        return nearest;
    }

    private static void move(double[][] x, double[][] c, int[] nearest) {
        for (int k = 0; k < c.length; k++) {
            double[] mean = new double[c[k].length];
            int count = 0;
            for (int i = 0; i < x.length; i++) {
                if (nearest[i] != k) continue;
                count++;
                for (int d = 0; d < mean.length; d++) mean[d] += x[i][d];
            }
            if (count == 0) continue;
            double norm = Math.sqrt(dot(mean, mean));
            for (int d = 0; d < mean.length; d++) c[k][d] = mean[d] / norm;
        }
    }

    @Test
    void findsGroupsThatAreApart() {
        int n = 33;
        double[][] x = units(n, 3, 5);
        for (int i = 0; i < n; i++) {
            for (int d = 0; d < 3; d++) x[i][d] = 0.2 * x[i][d] + (d == i % 3 ? 1 : 0);
            double norm = Math.sqrt(dot(x[i], x[i]));
            for (int d = 0; d < 3; d++) x[i][d] /= norm;
        }
        int[] nearest = new SphericalKMeans(5).fit(tensor(DEVICE, x), new int[] {3, 7, 32}, DEVICE.zeros(Shape.of(3,
                3)));
        for (int i = 0; i < n; i++) assertThat(nearest[i]).isEqualTo(i % 3);
    }

    /// Where two centroids begin at equal rows, the first takes all of them; the second, left without, stays, and has
    /// them back when the first has moved away.
    @Test
    void leavesACentroidWithoutRowsWhereItWas() {
        Tensor x = DEVICE.tensor(Shape.of(4, 2), 1, 0, 1, 0, 0.8, 0.6, 0, -1);
        Tensor centroids = DEVICE.zeros(Shape.of(3, 2));
        int[] nearest = new SphericalKMeans(1).fit(x, new int[] {0, 1, 3}, centroids);
        double norm = Math.hypot(2.8, 0.6);
        assertThat(centroids.doubles())
                .containsExactly(new double[] {2.8 / norm, 0.6 / norm, 1, 0, 0, -1}, within(1e-15));
        assertThat(nearest).containsExactly(1, 1, 0, 2);
        assertThat(new SphericalKMeans(3).fit(x.rows(0, 2), new int[] {0, 1}, DEVICE.zeros(Shape.of(2, 2))))
                .containsExactly(0, 0);
    }

    @Test
    void doesNotDependOnTheSlices() {
        double[][] x = units(129, 5, 7);
        int[] start = Arrays.copyOf(new Philox(8, 3).permutation(129), 9);
        Tensor whole = DEVICE.zeros(Shape.of(9, 5)), sliced = DEVICE.zeros(Shape.of(9, 5));
        int[] expected = new SphericalKMeans(6).fit(tensor(DEVICE, x), start, whole);
        for (int scores : new int[] {1, 9, 9 * 17, 9 * 64 + 1, 9 * 129}) {
            assertThat(new SphericalKMeans(6, scores).fit(tensor(DEVICE, x), start, sliced)).isEqualTo(expected);
            assertThat(sliced.doubles()).containsExactly(whole.doubles(), within(1e-14));
        }
    }

    /// 1000 rows and 100 centroids: enough to be shared out.
    @Test
    void hasTheSameBitsOnAnyNumberOfThreads() {
        double[][] x = units(1000, 17, 9);
        int[] start = Arrays.copyOf(new Philox(8, 3).permutation(1000), 100);
        int[] expected = null;
        double[] centroids = null;
        for (int threads : new int[] {1, 2, 5}) {
            try (Device device = Device.open("cpu", new DeviceOptions(threads, 0))) {
                Tensor c = device.zeros(Shape.of(100, 17));
                int[] nearest = new SphericalKMeans(3, 1 << 15).fit(tensor(device, x), start, c);
                if (expected == null) {
                    expected = nearest;
                    centroids = c.doubles();
                }
                assertThat(nearest).isEqualTo(expected);
                assertThat(c.doubles()).isEqualTo(centroids);
            }
        }
    }

    @Test
    void refusesSettingsWithoutMeaning() {
        assertThatThrownBy(() -> new SphericalKMeans(0)).hasMessage("iterations must be at least 1 but is 0");
        assertThatThrownBy(() -> new SphericalKMeans(1, 0)).hasMessage("scores must be at least 1 but is 0");
        assertThatThrownBy(() -> new SphericalKMeans(1).fit(DEVICE.zeros(Shape.of(4, 2)), new int[] {1, 2},
                DEVICE.zeros(Shape.of(3, 2)))).hasMessage("3 centroids begin at as many rows, not at 2");
    }

    private static double[][] units(int n, int width, long seed) {
        Philox random = new Philox(seed, 1);
        return IntStream.range(0, n).mapToObj(i -> {
            double[] row = IntStream.range(0, width).mapToDouble(d -> random.nextGaussian()).toArray();
            double norm = Math.sqrt(dot(row, row));
            return Arrays.stream(row).map(value -> value / norm).toArray();
        }).toArray(double[][]::new);
    }

    private static Tensor tensor(Device device, double[][] rows) {
        return device.tensor(Shape.of(rows.length, rows[0].length), flat(rows));
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
