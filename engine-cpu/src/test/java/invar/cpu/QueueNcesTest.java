package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.QueueNce;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueueNcesTest {

    private static Tensor[] run(Device device, int n, int keys, int d, double temperature, float[][] x) {
        return Ops.apply(new QueueNce(temperature), device.tensor(Shape.of(n, d), x[0]),
                device.tensor(Shape.of(n, d), x[1]), device.tensor(Shape.of(keys, d), x[2]));
    }

    private static float[][] inputs(int n, int keys, int d) {
        return new float[][] {Numbers.random(n * d, 1), Numbers.random(n * d, 2), Numbers.random(keys * d, 3)};
    }

    /// Several groups of queries, several parts of the queue, rows longer than a block of a sum; and keys that grow, so
    /// that the maximum rises again and again.
    @Tag("lanes")
    @ParameterizedTest
    @CsvSource({"5, 2100, 7, 0.2", "290, 140, 3, 0.1", "3, 33, 300, 1", "17, 1025, 5, 0.02"})
    void agreesWithTheReferenceAcrossBlocks(int n, int keys, int d, double temperature) {
        float[][] x = inputs(n, keys, d);
        for (int i = 0; i < keys * d; i++) x[2][i] *= 0.5f + (float) (i / d) / keys;
        try (Device reference = Device.open("reference"); Device cpu = new Device("cpu", new CpuBackend(2))) {
            Tensor[] actual = run(cpu, n, keys, d, temperature, x);
            Tensor[] expected = run(reference, n, keys, d, temperature, x);
            double noise = 1e-6 * (1 + d / temperature);                           // of a logit of size d/τ, in float
            for (int out = 0; out < 3; out++) {
                double[] wanted = expected[out].doubles(), got = actual[out].doubles();
                for (int i = 0; i < got.length; i++) assertThat(got[i]).isCloseTo(wanted[i], within(noise));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aKeyThatIsNotFiniteShowsInEveryRow(float odd) {
        float[][] x = inputs(5, 300, 3);
        x[2][200 * 3] = odd == odd ? odd : Float.intBitsToFloat(0x7fc12345);
        try (Device cpu = new Device("cpu", new CpuBackend(2))) {
            Tensor[] out = run(cpu, 5, 300, 3, 0.5, x);
            for (float lse : out[1].floats()) {
                assertThat(Float.isFinite(lse) && odd != odd).as("finite beside NaN").isFalse();
            }
            assertThat(Float.isFinite(out[0].floats()[0])).isFalse();
        }
    }

    @Test
    void givesTheSameBitsOnAnyNumberOfThreads() {
        float[][] x = inputs(33, 3000, 17), mean = new float[4][];
        for (int threads = 1; threads <= 3; threads++) {
            try (Device cpu = new Device("cpu", new CpuBackend(threads))) {
                mean[threads] = run(cpu, 33, 3000, 17, 0.1, x)[2].floats();
            }
        }
        assertThat(mean[2]).isEqualTo(mean[1]);
        assertThat(mean[3]).isEqualTo(mean[1]);
    }
}
