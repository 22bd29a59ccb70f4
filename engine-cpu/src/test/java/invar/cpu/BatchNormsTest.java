package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("lanes")
class BatchNormsTest {

    /// y, mean, variance of the forward pass, and dx, dγ, dβ from the saved values that `saved` gives, which are the
    /// same floats on every device.
    private static Tensor[] run(Device device, Shape shape, float[] x, boolean relu, float[][] saved) {
        int channels = shape.dim(1);
        Tensor in = device.tensor(shape, x), gamma = device.tensor(Shape.of(channels), Numbers.random(channels, 2));
        Tensor beta = device.tensor(Shape.of(channels), Numbers.random(channels, 3));
        Tensor[] y = Ops.apply(new BatchNorm(1e-5, relu), in, gamma, beta);
        if (saved[0] == null) {
            for (int i = 0; i < 3; i++) saved[i] = y[i].floats();
        }
        Tensor mean = device.tensor(Shape.of(channels), saved[1]);
        Tensor variance = device.tensor(Shape.of(channels), saved[2]), output = device.tensor(shape, saved[0]);
        Tensor dy = device.tensor(shape, Numbers.random(x.length, 4));
        Tensor[] dx = Ops.apply(new BatchNormGrad(1e-5, relu, false), in, gamma, mean, variance, output, dy);
        return new Tensor[] {y[0], y[1], y[2], dx[0], dx[1], dx[2]};
    }

    private static float[] numbers(int n, double scale, double shift) {
        float[] x = Numbers.random(n, 1);
        for (int i = 0; i < n; i++) x[i] = (float) (x[i] * scale + shift);
        return x;
    }

    @ParameterizedTest
    @CsvSource({"3 1 1 2, 1, 0", "2 5 1 1, 1, 0", "40 33 1 1, 0.1, 100", "7 3 2 2, 1000, 0", "17 9 3 1, 0.1, 100",
        "5 7 1 17, 1, -3", "9 4 16 16, 0.1, 100", "2 3 31 33, 1e-3, 1", "300 130 1 1, 1, 0", "70 20 4 4, 1000, 5000"})
    void agreesWithDoublePrecisionForAllKindsOfNumbers(String extents, double scale, double shift) {
        String[] words = extents.split(" ");
        Shape shape = Shape.of(Integer.parseInt(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]),
                Integer.parseInt(words[3]));
        float[] x = numbers((int) shape.elements(), scale, shift);
        for (boolean relu : new boolean[] {false, true}) {
            try (Device reference = Device.open("reference"); Device cpu = new Device("cpu", new CpuBackend(2))) {
                float[][] saved = new float[3][];
                Tensor[] actual = run(cpu, shape, x, relu, saved), expected = run(reference, shape, x, relu, saved);
                double steepest = 0;                            // dx is a difference of terms of this size
                for (float variance : saved[2]) steepest = Math.max(steepest, 1 / Math.sqrt(variance + 1e-5));
                for (int i = 0; i < actual.length; i++) {
                    double[] a = actual[i].doubles(), e = expected[i].doubles();
                    double largest = i == 3 ? steepest : 0, error = 0;
                    for (int j = 0; j < e.length; j++) {
                        largest = Math.max(largest, Math.abs(e[j]));
                        error = Math.max(error, Math.abs(a[j] - e[j]));
                    }
                    assertThat(error).as("output %d, relu %s", i, relu).isLessThanOrEqualTo(6e-7 * largest);
                }
            }
        }
    }

    @Test
    void survivesAnOutlierInFirstPlace() {
        float[] x = numbers(4000, 1, 0);
        x[0] = 1e6f;
        try (Device cpu = new Device("cpu", new CpuBackend(1))) {
            Tensor[] y = run(cpu, Shape.of(4000, 1), x, false, new float[3][]);
            double mean = 0, variance = 0;
            for (float v : x) mean += v / 4000.0;
            for (float v : x) variance += (v - mean) * (v - mean) / 4000;
            assertThat(y[1].floats()[0]).isEqualTo((float) mean);
            assertThat(y[2].floats()[0]).isEqualTo((float) variance);
        }
    }

    @Test
    void givesAConstantChannelVarianceZero() {
        float[] x = new float[300];
        java.util.Arrays.fill(x, 0.1f);
        try (Device cpu = new Device("cpu", new CpuBackend(1))) {
            Tensor[] y = run(cpu, Shape.of(20, 3, 5), x, false, new float[3][]);
            assertThat(y[1].floats()).containsOnly(0.1f);
            assertThat(y[2].floats()).containsOnly(0);
            float[] beta = Numbers.random(3, 3);
            for (int i = 0; i < 300; i++) assertThat(y[0].floats()[i]).isEqualTo(beta[i / 5 % 3]);
        }
    }

    @Test
    void passesNotANumberOn() {
        float[] x = numbers(64, 1, 0);
        x[5] = Float.NaN;
        try (Device cpu = new Device("cpu", new CpuBackend(1))) {
            assertThat(run(cpu, Shape.of(32, 2), x, true, new float[3][])[0].floats()[1]).isNaN();
        }
    }

    @Test
    void doesNotDependOnTheNumberOfThreads() {
        for (Shape shape : new Shape[] {Shape.of(90, 33, 5, 5), Shape.of(500, 129), Shape.of(70, 3, 2, 3)}) {
            float[] x = numbers((int) shape.elements(), 1, 0);
            float[][][] results = new float[3][6][];
            for (int threads = 1; threads <= 3; threads++) {
                try (Device cpu = new Device("cpu", new CpuBackend(threads))) {
                    Tensor[] y = run(cpu, shape, x, true, new float[3][]);
                    for (int i = 0; i < y.length; i++) results[threads - 1][i] = y[i].floats();
                }
            }
            assertThat(results[1]).isDeepEqualTo(results[0]);
            assertThat(results[2]).isDeepEqualTo(results[0]);
        }
    }
}
