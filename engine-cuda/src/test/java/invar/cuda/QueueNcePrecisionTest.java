package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.QueueNce;
import invar.core.spi.Precision;
import invar.core.testkit.Factors;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The loss against a queue on tensor cores agrees with the formula in f64 of the very factors that it rounds, q and
/// the queue, but not the right keys. With e = [Precision#roundoff], ε = 2⁻²³, p the softmax, and ρ what is left of
/// single precision: logits lose (d + 12) ε Σ |q| |k| / τ, powers of 2 some ε of their argument and of themselves, sums
/// ε for each 8 terms. Weights are rounded to e of their size. So
/// ```
/// |Δ lse| ≤ ρ      |Δ mean| ≤ Σⱼ pⱼ (e + 4 ρ) |kⱼ|
/// ```
class QueueNcePrecisionTest {

    private static final double ULP = 0x1p-23;

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        int[][] extents = {{1, 1, 1}, {2, 3, 5}, {5, 33, 7}, {3, 3000, 33}, {70, 700, 64}, {130, 130, 128},
                {9, 257, 129}, {33, 65, 300}, {140, 31, 20}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(extents).map(e ->
                DynamicTest.dynamicTest(precision + " queries, keys, features " + Arrays.toString(e), () -> {
                    try (Device device = new Device("tested", Emulator.backend(precision))) {
                        for (double temperature : new double[] {1, 0.07}) check(device, e[0], e[1], e[2], temperature);
                    }
                })));
    }

    private static Input rows(long seed, int n, int d) {
        return Input.gaussian(seed, Shape.of(n, d)).scale(1 / Math.sqrt(d));
    }

    private static List<double[]> run(Device device, double temperature, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        return Arrays.stream(Ops.apply(new QueueNce(temperature), tensors)).map(Tensor::doubles).toList();
    }

    private static void check(Device device, int n, int keys, int d, double temperature) {
        Precision precision = device.precision();
        Input q = rows(1, n, d), right = rows(2, n, d), queue = rows(3, keys, d);
        List<double[]> actual = run(device, temperature, q, right, queue);
        double loss = 0, allowed = 0;
        for (int i = 0; i < n; i++) {
            double[] s = new double[keys], mean = new double[d], size = new double[d];
            double positive = 0, rest = (keys / 8.0 + 16) * ULP;
            for (int f = 0; f < d; f++) positive += q.values()[i * d + f] * right.values()[i * d + f] / temperature;
            for (int k = 0; k < keys; k++) {
                double length = 0;
                for (int f = 0; f < d; f++) {
                    double x = Factors.rounded(precision, q.values()[i * d + f]) / temperature
                            * Factors.rounded(precision, queue.values()[k * d + f]);
                    s[k] += x;
                    length += Math.abs(x);
                }
                rest = Math.max(rest, (keys / 8.0 + 16 + (d + 12) * length) * ULP);
            }
            double sum = Math.exp(positive);
            for (double x : s) sum += Math.exp(x);
            double lse = Math.log(sum), p0 = Math.exp(positive - lse);
            for (int f = 0; f < d; f++) {
                mean[f] = p0 * right.values()[i * d + f];
                size[f] = 4 * rest * Math.abs(mean[f]);
                for (int k = 0; k < keys; k++) {
                    double x = Math.exp(s[k] - lse) * Factors.rounded(precision, queue.values()[k * d + f]);
                    mean[f] += x;
                    size[f] += (precision.roundoff() + 4 * rest) * Math.abs(x);
                }
                close("mean of row " + i, actual.get(2)[i * d + f], mean[f], size[f]);
            }
            close("lse of row " + i, actual.get(1)[i], lse, rest + ULP * Math.abs(lse));
            loss += (lse - positive) / n;
            allowed += (rest + ULP * Math.abs(lse)) / n;
        }
        close("L", actual.getFirst()[0], loss, allowed + ULP * Math.abs(loss));
    }

    private static void close(String what, double actual, double expected, double allowed) {
        assertThat(Math.abs(actual - expected)).as("%s: %s, not %s", what, actual, expected)
                .isLessThanOrEqualTo(allowed + Float.MIN_NORMAL);
    }

    @Test
    void bitsDoNotDependOnTheOrderOfWarps() {
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            try (Device device = new Device("tested", Emulator.backend(precision))) {
                for (int d : new int[] {40, 140}) {
                    Input[] in = {rows(1, 70, d), rows(2, 70, d), rows(3, 1000, d)};
                    Emulator.seed(1);
                    List<double[]> first = run(device, 0.1, in);
                    for (long seed : new long[] {2, 0}) {
                        Emulator.seed(seed);
                        List<double[]> again = run(device, 0.1, in);
                        for (int i = 0; i < first.size(); i++) assertThat(again.get(i)).isEqualTo(first.get(i));
                    }
                }
            }
        }
    }
}
