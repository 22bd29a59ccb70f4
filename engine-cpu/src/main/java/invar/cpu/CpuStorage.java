package invar.cpu;

import invar.core.Tensor;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// Memory of the CPU backend: a Java array.
sealed interface CpuStorage extends Storage {

    /// Index of the first element of a tensor's array. The header of a Java array takes 16 bytes, and a large one
    /// starts at the beginning of a region of the garbage collector (G1), so element 12 is the first at the beginning
    /// of a cache line of 64 bytes. A vector that lies in two cache lines costs two accesses: a matrix product of 1024
    /// rows gains 6 % where the result begins a line. Where arrays lie elsewhere, this costs 48 bytes and does no harm.
    int FIRST = 12;

    /// From this length on arrays of floats have regions of their own, if the heap is at most 8 GiB: 4 MiB.
    int LARGE = 1 << 20;

    /// Real numbers.
    record Floats(float[] values) implements CpuStorage {}

    /// Integers.
    record Ints(int[] values) implements CpuStorage {}

    /// The elements as a segment, for copies.
    static MemorySegment segment(Storage storage) {
        return switch ((CpuStorage) storage) {
            case Floats f -> MemorySegment.ofArray(f.values).asSlice(FIRST * 4L);
            case Ints i -> MemorySegment.ofArray(i.values).asSlice(FIRST * 4L);
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
        return (int) tensor.offset() + FIRST;
    }
}
