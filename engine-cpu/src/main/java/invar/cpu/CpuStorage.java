package invar.cpu;

import invar.core.Tensor;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// Memory of the CPU backend: a Java array.
sealed interface CpuStorage extends Storage {

    /// Real numbers.
    record Floats(float[] values) implements CpuStorage {}

    /// Integers.
    record Ints(int[] values) implements CpuStorage {}

    /// The array as a segment, for copies.
    static MemorySegment segment(Storage storage) {
        return switch ((CpuStorage) storage) {
            case Floats f -> MemorySegment.ofArray(f.values);
            case Ints i -> MemorySegment.ofArray(i.values);
        };
    }

    /// The array a floating tensor lies in; it begins at [#at].
    static float[] floats(Tensor tensor) {
        return ((Floats) tensor.storage()).values;
    }

    /// The array an integer tensor lies in; it begins at [#at].
    static int[] ints(Tensor tensor) {
        return ((Ints) tensor.storage()).values;
    }

    /// Where a tensor begins in its array.
    static int at(Tensor tensor) {
        return (int) tensor.offset();
    }
}
