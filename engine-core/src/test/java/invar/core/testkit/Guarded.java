package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.Arrays;

/// A tensor inside a larger one. What surrounds it is not a number (or, for integers, no index), so that a kernel that
/// reads it shows, and must be left alone, so that a kernel that writes it shows.
///
/// @param whole the larger tensor, with one axis
/// @param inside the tensor in its midst
/// @param from the place in `whole` of the first element of `inside`
record Guarded(Tensor whole, Tensor inside, int from) {

    private static final int BEHIND = 37;           // more than two of the widest vectors

    /// A tensor that holds no numbers yet, `from` elements into the larger one.
    static Guarded empty(Device device, Shape shape, boolean integer, int from) {
        int size = Math.toIntExact(shape.elements());
        Shape all = Shape.of(from + size + BEHIND);
        int[] noIndex = new int[all.dim(0)];
        double[] noNumber = new double[all.dim(0)];
        Arrays.fill(noIndex, Integer.MIN_VALUE);
        Arrays.fill(noNumber, Double.NaN);
        Tensor whole = integer ? device.integers(all, noIndex) : device.tensor(all, noNumber);
        return new Guarded(whole, whole.rows(from, from + size).reshape(shape), from);
    }

    /// A tensor that holds an input.
    static Guarded of(Device device, Input input, int from) {
        Guarded guarded = empty(device, input.shape(), input.integer(), from);
        if (input.integer()) guarded.inside.upload(input.ints());
        else guarded.inside.upload(input.values());
        return guarded;
    }

    /// Fails if anything was written outside.
    void assertIntact(String what) {
        double[] all = whole.doubles();
        for (int i = 0; i < all.length; i++) {
            if (i >= from && i < from + inside.size()) continue;
            boolean intact = whole.dtype().floating() ? Double.isNaN(all[i]) : all[i] == Integer.MIN_VALUE;
            assertThat(intact).as("%s: element %d, outside the tensor, became %s", what, i - from, all[i]).isTrue();
        }
    }
}
