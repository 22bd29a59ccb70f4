package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.CosineSimilarity;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.testkit.Input;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Cosines on tensor cores: rows have length 1, so factors rounded by e = [Precision#roundoff], and a sum over d places
/// that is cut off, move one by at most 2 e + e² + (d + 4) 2⁻²³ (Cauchy-Schwarz).
class CosinePrecisionTest {

    @AfterEach
    void orderAsBefore() {
        Emulator.seed(1);
    }

    @TestFactory
    Stream<DynamicTest> losesWhatRoundingFactorsExplains() {
        int[][] extents = {{1, 1, 1}, {2, 3, 5}, {33, 9, 31}, {5, 70, 900}, {130, 131, 64}, {7, 200, 128}};
        return Stream.of(Precision.TF32, Precision.BF16).flatMap(precision -> Stream.of(extents).map(e ->
                DynamicTest.dynamicTest(precision + " rows, rows, features " + Arrays.toString(e), () -> {
                    Input a = Input.gaussian(1, Shape.of(e[0], e[2])), b = Input.gaussian(2, Shape.of(e[1], e[2]));
                    try (Device device = new Device("tested", Emulator.backend(precision));
                            Device reference = new Device("reference", new ReferenceBackend())) {
                        check(run(device, a, b), run(reference, a, b), precision.roundoff(), e[2]);
                        double[] first = run(device, a, b).getFirst();
                        for (long seed : new long[] {2, 0}) {
                            Emulator.seed(seed);
                            assertThat(run(device, a, b).getFirst()).isEqualTo(first);
                        }
                    }
                })));
    }

    private static List<double[]> run(Device device, Input... in) {
        Tensor[] tensors = Arrays.stream(in).map(x -> device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
        return Arrays.stream(Ops.apply(new CosineSimilarity(1e-8), tensors)).map(Tensor::doubles).toList();
    }

    private static void check(List<double[]> actual, List<double[]> expected, double e, int d) {
        double allowed = 2 * e + e * e + (d + 4) * 0x1p-23;
        for (int i = 0; i < actual.getFirst().length; i++) {
            assertThat(Math.abs(actual.getFirst()[i] - expected.getFirst()[i])).as("cosine %d", i)
                    .isLessThanOrEqualTo(allowed);
        }
        for (int out = 1; out < 3; out++) {
            for (int i = 0; i < actual.get(out).length; i++) {
                double r = expected.get(out)[i];
                assertThat(Math.abs(actual.get(out)[i] - r)).as("r %d of %d", i, out).isLessThanOrEqualTo(r * 0x1p-22);
            }
        }
    }
}
