package invar.ssl.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WrongMaskTest {

    private static final int N = 5, D = 7;

    @ParameterizedTest
    @EnumSource
    void leavesOutWhatItSays(WrongMask.Mask mask) {
        double tau = 0.3, expected = 0;
        Philox random = new Philox(3, 0);
        double[] values = IntStream.range(0, 2 * N * D).mapToDouble(i -> random.nextGaussian()).toArray();
        for (int i = 0; i < 2 * N; i++) {
            int other = (i + N) % (2 * N);
            double sum = 0;
            for (int j = 0; j < 2 * N; j++) {
                if (mask == WrongMask.Mask.RIGHT && j == i || mask == WrongMask.Mask.POSITIVE_MASKED && j == other) {
                    continue;
                }
                sum += Math.exp(cos(values, i, j) / tau);
            }
            int right = mask == WrongMask.Mask.POSITIVE_MASKED ? i : other;
            expected += (Math.log(sum) - cos(values, i, right) / tau) / (2 * N);
        }
        try (Device device = Device.open("reference")) {
            Tensor z = device.tensor(Shape.of(2 * N, D), values);
            assertThat(mask.loss(z, tau).item()).isCloseTo(expected, within(1e-12));
        }
    }

    private static double cos(double[] z, int a, int b) {
        double ab = 0, aa = 0, bb = 0;
        for (int k = 0; k < D; k++) {
            ab += z[a * D + k] * z[b * D + k];
            aa += z[a * D + k] * z[a * D + k];
            bb += z[b * D + k] * z[b * D + k];
        }
        return ab / Math.sqrt(aa * bb);
    }
}
