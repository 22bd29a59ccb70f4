package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.Arrays;

/// A tensor inside a larger one, whose other elements show a kernel that reads or writes them.
///
/// Around an input they are not a number (or, for integers, no index): a result made of them shows. Around what is
/// written they are a number that nobody computes, so that nothing that a kernel writes there leaves them as they were:
/// not even what it makes of the elements around an input.
///
/// @param whole the larger tensor, with one axis
/// @param inside the tensor in its midst
/// @param from the place in `whole` of the first element of `inside`
/// @param around what the elements around it are
record Guarded(Tensor whole, Tensor inside, int from, double around) {

    private static final int BEHIND = 37;           // more than two of the widest vectors
    private static final double READ = Double.NaN, WRITTEN = -0x1.9bcdep67;
    private static final int READ_INDEX = Integer.MIN_VALUE, WRITTEN_INDEX = Integer.MIN_VALUE + 12_345;

    /// A tensor that holds no numbers yet, `from` elements into the larger one.
    static Guarded empty(Device device, Shape shape, boolean integer, int from) {
        return of(device, shape, integer, from, integer ? WRITTEN_INDEX : WRITTEN);
    }

    /// A tensor that holds an input.
    ///
    /// @param written whether the op writes it
    static Guarded of(Device device, Input input, int from, boolean written) {
        boolean integer = input.integer();
        double around = written ? integer ? WRITTEN_INDEX : WRITTEN : integer ? READ_INDEX : READ;
        Guarded guarded = of(device, input.shape(), integer, from, around);
        if (integer) guarded.inside.upload(input.ints());
        else guarded.inside.upload(input.values());
        return guarded;
    }

    private static Guarded of(Device device, Shape shape, boolean integer, int from, double around) {
        int size = Math.toIntExact(shape.elements());
        Shape all = Shape.of(from + size + BEHIND);
        int[] integers = new int[all.dim(0)];
        double[] numbers = new double[all.dim(0)];
        Arrays.fill(integers, (int) around);
        Arrays.fill(numbers, around);
        Tensor whole = integer ? device.integers(all, integers) : device.tensor(all, numbers);
        return new Guarded(whole, whole.rows(from, from + size).reshape(shape), from, around);
    }

    /// Fails if anything was written outside.
    void assertIntact(String what) {
        double[] all = whole.doubles();
        for (int i = 0; i < all.length; i++) {
            if (i >= from && i < from + inside.size()) continue;
            assertThat(all[i]).as("%s: element %d, outside the tensor", what, i - from)
                    .isEqualTo(Double.valueOf(around));
        }
    }
}
