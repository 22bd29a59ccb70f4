package invar.nn.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A tensor as a file holds it: an element type, a shape, and the elements row-major and little-endian.
///
/// It belongs to no device and takes part in no computation. The array methods convert only where no value can change:
/// a 32-bit float may be read as a double, never a double as a float.
///
/// @param type  what one element is
/// @param shape extents ≥ 0; an empty shape is a scalar of one element
/// @param data  the elements, Π shape · [Type#bytes] bytes; read-only, may live outside the heap
public record StoredTensor(Type type, long[] shape, MemorySegment data) {

    /// Element types, named as the safetensors format names them.
    public enum Type {
        /// IEEE 754 binary64.
        F64(8),
        /// IEEE 754 binary32.
        F32(4),
        /// Signed 64-bit integer.
        I64(8),
        /// Signed 32-bit integer.
        I32(4),
        /// Unsigned byte.
        U8(1);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /// Bytes of one element.
        public int bytes() {
            return bytes;
        }
    }

    private static final ValueLayout.OfFloat FLOAT = JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// @throws IllegalArgumentException if an extent is negative, or the data is longer or shorter than the shape says
    public StoredTensor {
        shape = shape.clone();
        data = data.asReadOnly();
        long expected = byteSize(type, shape);
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException("%s of shape %s takes %d bytes, but its data has %d"
                    .formatted(type, Arrays.toString(shape), expected, data.byteSize()));
        }
    }

    /// An F32 tensor with a copy of `values`; no extents mean a scalar.
    public static StoredTensor of(float[] values, long... shape) {
        MemorySegment data = allocate(Type.F32, values.length);
        MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
        return new StoredTensor(Type.F32, shape, data);
    }

    /// An F64 tensor with a copy of `values`; no extents mean a scalar.
    public static StoredTensor of(double[] values, long... shape) {
        MemorySegment data = allocate(Type.F64, values.length);
        MemorySegment.copy(values, 0, data, DOUBLE, 0, values.length);
        return new StoredTensor(Type.F64, shape, data);
    }

    /// An I64 tensor with a copy of `values`; no extents mean a scalar.
    public static StoredTensor of(long[] values, long... shape) {
        MemorySegment data = allocate(Type.I64, values.length);
        MemorySegment.copy(values, 0, data, LONG, 0, values.length);
        return new StoredTensor(Type.I64, shape, data);
    }

    /// An I32 tensor with a copy of `values`; no extents mean a scalar.
    public static StoredTensor of(int[] values, long... shape) {
        MemorySegment data = allocate(Type.I32, values.length);
        MemorySegment.copy(values, 0, data, INT, 0, values.length);
        return new StoredTensor(Type.I32, shape, data);
    }

    /// A U8 tensor with a copy of `values`, read as 0 to 255; no extents mean a scalar.
    public static StoredTensor of(byte[] values, long... shape) {
        MemorySegment data = allocate(Type.U8, values.length);
        MemorySegment.copy(values, 0, data, JAVA_BYTE, 0, values.length);
        return new StoredTensor(Type.U8, shape, data);
    }

    /// The extents, outermost first; a copy.
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /// How many elements there are: the product of the extents.
    public long elements() {
        return data.byteSize() / type.bytes;
    }

    /// The elements of an F32 tensor, row-major.
    ///
    /// @throws IllegalArgumentException for another type, or more elements than an array holds
    public float[] floats() {
        if (type != Type.F32) throw unreadable("float");
        float[] values = new float[arrayLength()];
        MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
        return values;
    }

    /// The elements of an F64 or F32 tensor, row-major.
    ///
    /// @throws IllegalArgumentException for another type, or more elements than an array holds
    public double[] doubles() {
        double[] values = new double[arrayLength()];
        switch (type) {
            case F64 -> MemorySegment.copy(data, DOUBLE, 0, values, 0, values.length);
            case F32 -> Arrays.setAll(values, i -> data.get(FLOAT, 4L * i));
            default -> throw unreadable("double");
        }
        return values;
    }

    /// The elements of an I64, I32 or U8 tensor, row-major.
    ///
    /// @throws IllegalArgumentException for another type, or more elements than an array holds
    public long[] longs() {
        long[] values = new long[arrayLength()];
        switch (type) {
            case I64 -> MemorySegment.copy(data, LONG, 0, values, 0, values.length);
            case I32 -> Arrays.setAll(values, i -> data.get(INT, 4L * i));
            case U8 -> Arrays.setAll(values, i -> Byte.toUnsignedLong(data.get(JAVA_BYTE, i)));
            default -> throw unreadable("long");
        }
        return values;
    }

    /// The elements of an I64, I32 or U8 tensor, row-major.
    ///
    /// @throws IllegalArgumentException for another type, more elements than an array holds, or a value outside int
    public int[] ints() {
        if (type == Type.I32) {
            int[] values = new int[arrayLength()];
            MemorySegment.copy(data, INT, 0, values, 0, values.length);
            return values;
        }
        return Arrays.stream(longs()).mapToInt(value -> {
            if ((int) value != value) throw new IllegalArgumentException("the element " + value + " is no int");
            return (int) value;
        }).toArray();
    }

    /// Bytes of a tensor of this type and shape.
    ///
    /// @throws IllegalArgumentException if an extent is negative or the product overflows
    static long byteSize(Type type, long... shape) {
        long bytes = type.bytes;
        for (long extent : shape) {
            if (extent < 0) {
                throw new IllegalArgumentException("the shape " + Arrays.toString(shape) + " has a negative extent");
            }
            try {
                bytes = Math.multiplyExact(bytes, extent);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("the shape " + Arrays.toString(shape) + " overflows 2^63 bytes", e);
            }
        }
        return bytes;
    }

    private static MemorySegment allocate(Type type, int elements) {
        return Arena.ofAuto().allocate((long) elements * type.bytes);
    }

    private int arrayLength() {
        if (elements() > Integer.MAX_VALUE - 8) {             // the most that common JVMs allow
            throw new IllegalArgumentException("a tensor of " + elements() + " elements is too long for one array");
        }
        return (int) elements();
    }

    private IllegalArgumentException unreadable(String kind) {
        return new IllegalArgumentException("a tensor of type " + type + " cannot be read as " + kind + " values");
    }
}
