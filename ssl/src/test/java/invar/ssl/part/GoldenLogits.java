package invar.ssl.part;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.stream.IntStream;

/// The inputs of the specification's table of golden values: A[i, j] = sin(0.7 i + 1.3 j + 0.2) and
/// B[i, j] = cos(0.5 i − 0.9 j + 0.4), four rows of three classes.
final class GoldenLogits {

    private static final Shape SHAPE = Shape.of(4, 3);

    private GoldenLogits() {}

    static Tensor a(Device device) {
        return device.tensor(SHAPE, IntStream.range(0, 12)
                .mapToDouble(k -> Math.sin(0.7 * (k / 3) + 1.3 * (k % 3) + 0.2)).toArray());
    }

    static Tensor b(Device device) {
        return device.tensor(SHAPE, IntStream.range(0, 12)
                .mapToDouble(k -> Math.cos(0.5 * (k / 3) - 0.9 * (k % 3) + 0.4)).toArray());
    }
}
