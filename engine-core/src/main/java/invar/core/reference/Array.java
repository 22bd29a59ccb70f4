package invar.core.reference;

import invar.core.Tensor;
import invar.core.spi.Storage;
import java.util.Arrays;

/// A tensor as the reference backend's loops see it: element i of a Java array, from an offset.
final class Array {

    /// Floating storage.
    record Doubles(double[] values) implements Storage {}

    /// Integer storage.
    record Integers(int[] values) implements Storage {}

    private final double[] values;
    private final int offset;
    final int size;

    Array(Tensor tensor) {
        this.values = ((Doubles) tensor.storage()).values;
        this.offset = Math.toIntExact(tensor.offset());
        this.size = tensor.size();
    }

    double at(int i) {
        return values[offset + i];
    }

    void set(int i, double value) {
        values[offset + i] = value;
    }

    void add(int i, double value) {
        values[offset + i] += value;
    }

    void fill(double value) {
        Arrays.fill(values, offset, offset + size, value);
    }

    /// The elements of an integer tensor, from its offset.
    static int integer(Tensor tensor, int i) {
        return ((Integers) tensor.storage()).values[Math.toIntExact(tensor.offset()) + i];
    }

    static void setInteger(Tensor tensor, int i, int value) {
        ((Integers) tensor.storage()).values[Math.toIntExact(tensor.offset()) + i] = value;
    }
}
