package invar.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

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

    // Copies name the array and not a segment of it: copies from segment to segment of less than 64 bytes were seen to
    // stop after 8, in Java 25.0.3, once compiled in some order.

    /// Writes all of `host` to the elements from `offset` on.
    static void upload(MemorySegment host, Storage to, long offset) {
        int at = Math.toIntExact(offset + FIRST), count = Math.toIntExact(host.byteSize() / 4);
        switch ((CpuStorage) to) {
            case Floats f -> MemorySegment.copy(host, JAVA_FLOAT_UNALIGNED, 0, f.values, at, count);
            case Ints i -> MemorySegment.copy(host, JAVA_INT_UNALIGNED, 0, i.values, at, count);
        }
    }

    /// Fills `host` with the elements from `offset` on.
    static void download(Storage from, long offset, MemorySegment host) {
        int at = Math.toIntExact(offset + FIRST), count = Math.toIntExact(host.byteSize() / 4);
        switch ((CpuStorage) from) {
            case Floats f -> MemorySegment.copy(f.values, at, host, JAVA_FLOAT_UNALIGNED, 0, count);
            case Ints i -> MemorySegment.copy(i.values, at, host, JAVA_INT_UNALIGNED, 0, count);
        }
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
