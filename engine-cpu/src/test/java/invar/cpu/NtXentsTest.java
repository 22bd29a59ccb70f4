package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentGrad;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NtXentsTest {

    private static Tensor[] run(Device device, int rows, int d, double temperature, float[] z, float[][] saved) {
        Tensor in = device.tensor(Shape.of(rows, d), z);
        Tensor[] out = Ops.apply(new NtXent(temperature), in);
        if (saved[0] == null) {
            saved[0] = out[1].floats();
            saved[1] = out[2].floats();
        }
        Tensor lse = device.tensor(Shape.of(rows, 1), saved[0]), r = device.tensor(Shape.of(rows, 1), saved[1]);
        return new Tensor[] {out[0], out[1], Ops.run(new NtXentGrad(temperature), in, lse, r, device.scalar(1.5))};
    }

    /// Several pieces of rows, the last not full; long rows; temperatures at which exponentials of the plain
    /// similarities overflow.
    @ParameterizedTest
    @CsvSource({"514, 9, 0.5", "298, 33, 0.1", "270, 5, 0.005", "270, 5, 0.0235", "12, 300, 0.2", "1030, 31, 0.07"})
    void agreesWithTheReferenceAcrossBlocks(int rows, int d, double temperature) {
        float[] z = Numbers.random(rows * d, 1);
        for (int i = 0; i < 20; i++) z[7 * d + i % d] = z[9 * d + i % d] = i % d;      // two equal rows
        compare(rows, d, temperature, z);
    }

    /// Some rows have equals, with s = 1/τ = 250, and some are orthogonal to all others, with s = 0: their log-sum-exps
    /// are too far apart for one exponential to serve both.
    @Test
    @Tag("lanes")
    void agreesWithTheReferenceWhereRowsDifferGreatly() {
        int rows = 20, d = 24;
        float[] z = new float[rows * d];
        for (int i = 0; i < rows; i++) z[i * d + (i % 3 == 0 ? 0 : i)] = 1 + i;
        compare(rows, d, 0.004, z);
    }

    private static void compare(int rows, int d, double temperature, float[] z) {
        try (Device reference = Device.open("reference"); Device cpu = new Device("cpu", new CpuBackend(2))) {
            float[][] saved = new float[2][];
            Tensor[] actual = run(cpu, rows, d, temperature, z, saved);
            Tensor[] expected = run(reference, rows, d, temperature, z, saved);
            // A logit has the rounding error of a float of size 1/τ; its exponential has that as a relative error.
            double noise = 4e-7 * (1 + 1 / temperature);
            assertThat(actual[0].doubles()[0]).isCloseTo(expected[0].doubles()[0], within(noise));
            double[] dz = actual[2].doubles(), wanted = expected[2].doubles();
            double largest = 0;
            for (double g : wanted) largest = Math.max(largest, Math.abs(g));
            for (int i = 0; i < dz.length; i++) assertThat(dz[i]).isCloseTo(wanted[i], within(2 * noise * largest));
            for (int i = 0; i < rows; i++) {
                assertThat(actual[1].doubles()[i]).isCloseTo(expected[1].doubles()[i], within(noise));
            }
        }
    }

    /// What a tape makes of it: the same loss, and the gradient for any seed. More rows than exponentials are kept of.
    @ParameterizedTest
    @CsvSource({"2, 3, 0.5", "514, 9, 0.5", "298, 33, 0.01", "8450, 1, 0.5"})
    void lossAndGradientTogetherAreThoseOfTheTwo(int rows, int d, double temperature) {
        float[] z = Numbers.random(rows * d, 5);
        try (Device cpu = new Device("cpu", new CpuBackend(2))) {
            Tensor[] apart = run(cpu, rows, d, temperature, z, new float[2][]);
            Tensor in = cpu.tensor(Shape.of(rows, d), z);
            Tensor[] out = new Tensor[2];
            try (Tape tape = Tape.watching(in)) {
                out[0] = Ops.run(new NtXent(temperature), in);
                out[1] = tape.gradients(out[0], cpu.scalar(1.5)).of(in);
            }
            assertThat(out[0].floats()).isEqualTo(apart[0].floats());
            float[] dz = out[1].floats(), wanted = apart[2].floats();
            float largest = 1e-30f;
            for (float g : wanted) largest = Math.max(largest, Math.abs(g));
            for (int i = 0; i < dz.length; i++) {
                assertThat(dz[i]).isCloseTo(wanted[i], within((float) (4e-6 * (1 + 0.1 / temperature)) * largest));
            }
        }
    }

    /// A NaN in one row makes every similarity with it one, so all rows have NaN sums; so has an infinite number.
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void whatIsNotFiniteSpreadsAsInTheReference(float odd) {
        int rows = 140, d = 7;
        float[] z = Numbers.random(rows * d, 3);
        z[70 * d + 2] = odd == odd ? odd : Float.intBitsToFloat(0x7fc12345);
        for (double temperature : new double[] {0.5, 0.01}) {
            float[] lse, dz;
            try (Device cpu = new Device("cpu", new CpuBackend(2))) {
                Tensor[] out = run(cpu, rows, d, temperature, z, new float[2][]);
                lse = out[1].floats();
                dz = out[2].floats();
                assertThat(out[0].floats()[0]).isNaN();
            }
            for (float x : lse) assertThat(x).isNaN();
            for (float x : dz) assertThat(x).isNaN();
        }
    }

    @Test
    void givesTheSameBitsOnAnyNumberOfThreads() {
        float[] z = Numbers.random(602 * 65, 3);
        float[][] dz = new float[3][];
        for (int threads = 1; threads <= 3; threads++) {
            try (Device cpu = new Device("cpu", new CpuBackend(threads))) {
                dz[threads - 1] = run(cpu, 602, 65, 0.2, z, new float[2][])[2].floats();
            }
        }
        assertThat(dz[1]).isEqualTo(dz[0]);
        assertThat(dz[2]).isEqualTo(dz[0]);
    }
}
