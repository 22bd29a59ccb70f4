package invar.core;

import java.lang.foreign.MemorySegment;

/// Java arrays on their way to and from a device: converted to the tensor's type, as the segments that a backend
/// copies.
final class HostArray {

    private HostArray() {}

    /// These values in `type`, rounded if it is narrower.
    ///
    /// @throws IllegalArgumentException if `type` does not hold real numbers
    static MemorySegment of(DType type, float[] values) {
        return switch (type) {
            case F32 -> MemorySegment.ofArray(values);
            case F64 -> MemorySegment.ofArray(widened(values));
            case I32 -> throw wrongType(type, "real numbers");
        };
    }

    /// These values in `type`, rounded if it is narrower.
    ///
    /// @throws IllegalArgumentException if `type` does not hold real numbers
    static MemorySegment of(DType type, double[] values) {
        return switch (type) {
            case F32 -> MemorySegment.ofArray(narrowed(values));
            case F64 -> MemorySegment.ofArray(values);
            case I32 -> throw wrongType(type, "real numbers");
        };
    }

    /// These values in `type`.
    ///
    /// @throws IllegalArgumentException if `type` does not hold integers
    static MemorySegment of(DType type, int[] values) {
        if (type != DType.I32) throw wrongType(type, "integers");
        return MemorySegment.ofArray(values);
    }

    /// Room for `size` elements of `type`.
    static MemorySegment empty(DType type, int size) {
        return switch (type) {
            case F32 -> MemorySegment.ofArray(new float[size]);
            case F64 -> MemorySegment.ofArray(new double[size]);
            case I32 -> MemorySegment.ofArray(new int[size]);
        };
    }

    /// The elements of a segment of [#empty], rounded to float.
    static float[] floats(MemorySegment host) {
        return host.heapBase().orElseThrow() instanceof float[] values ? values : narrowed(doubles(host));
    }

    /// The elements of a segment of [#empty].
    static double[] doubles(MemorySegment host) {
        return switch (host.heapBase().orElseThrow()) {
            case double[] values -> values;
            case float[] values -> widened(values);
            case int[] values -> {
                double[] wide = new double[values.length];
                for (int i = 0; i < wide.length; i++) wide[i] = values[i];
                yield wide;
            }
            default -> throw new IllegalArgumentException("not a segment of a tensor: " + host);
        };
    }

    /// The elements of a segment of [#empty] of integers.
    ///
    /// @throws IllegalArgumentException if they are not integers
    static int[] integers(DType type, MemorySegment host) {
        if (host.heapBase().orElseThrow() instanceof int[] values) return values;
        throw wrongType(type, "integers");
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) wide[i] = values[i];
        return wide;
    }

    private static float[] narrowed(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) narrow[i] = (float) values[i];
        return narrow;
    }

    private static IllegalArgumentException wrongType(DType type, String what) {
        return new IllegalArgumentException("a tensor of " + type + " does not hold " + what);
    }
}
