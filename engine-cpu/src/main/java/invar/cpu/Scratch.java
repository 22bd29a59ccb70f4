package invar.cpu;

import java.util.Arrays;

/// Working memory of kernels: one buffer per thread and purpose, kept from call to call.
///
/// A kernel writes a buffer before it reads it; what an earlier kernel left there is arbitrary. Buffers only grow, and
/// each purpose bounds its size, except [#UNIT_ROWS], [#PACKED] and [#GRADIENT], and sums of channels, whose [#zeros]
/// are at most a sixteenth of what is summed; so a thread holds some tens of megabytes at most, and one that trains
/// with NT-Xent at most 136 more. A kernel that runs inside another one must not
/// share a purpose with it.
enum Scratch {

    /// Rows of A of a matrix product, packed for [Tile].
    ROWS,
    /// Columns of B of a matrix product, packed for [Tile].
    COLUMNS,
    /// Sums of a block of a matrix product that are not complete.
    PARTIAL,
    /// A tile on its way to a place in C that is smaller or not contiguous.
    EDGE,
    /// Sums of parts, to be added up in a fixed order.
    PARTS,
    /// Weights of a convolution, packed for [Tile].
    WEIGHTS,
    /// Images of a convolution, with several images side by side in the innermost dimension.
    IMAGES,
    /// Result of a convolution in that layout.
    RESULT,
    /// Weights or images on the way to be transformed, or after it ([Winograd]).
    TRANSFORMED,
    /// Products of the transformed.
    PRODUCTS,
    /// Constants of channels, repeated for each position of an image.
    CHANNELS,
    /// Rows or columns of a matrix, normalised: as many numbers as the matrix has.
    UNIT_ROWS,
    /// The same, packed for [Tile] in three ways.
    PACKED,
    /// Products of rows with each other.
    SIMILARITIES,
    /// A piece of them, with rows and columns exchanged.
    TURNED,
    /// Sums of the rows of a piece, a vector for each, and of its columns.
    LANES,
    /// Exponentials of products of rows, kept from one pass to the next.
    EXPONENTIALS,
    /// A gradient, with rows and columns exchanged.
    GRADIENT;

    private static final ThreadLocal<float[][]> BUFFERS = ThreadLocal.withInitial(() -> new float[values().length][0]);

    private static final ThreadLocal<double[][]> DOUBLES =
            ThreadLocal.withInitial(() -> new double[values().length][0]);

    /// Where the numbers of [#aligned] begin: see [CpuStorage#FIRST].
    static final int ALIGNED = CpuStorage.FIRST;

    /// This thread's buffer for this purpose, with room for `size` numbers from index [#ALIGNED] on.
    ///
    /// It is long enough for the garbage collector to place it at the beginning of a region, where that index is at the
    /// beginning of a cache line.
    float[] aligned(int size) {
        return floats(Math.max(CpuStorage.LARGE, size + ALIGNED));
    }

    /// This thread's buffer for this purpose, with room for `size` numbers or more.
    float[] floats(int size) {
        float[][] buffers = BUFFERS.get();
        if (buffers[ordinal()].length < size) {
            buffers[ordinal()] = new float[size];
        }
        return buffers[ordinal()];
    }

    /// This thread's buffer of doubles for this purpose, beside that of floats, with `size` zeros or more.
    double[] zeros(int size) {
        double[][] buffers = DOUBLES.get();
        if (buffers[ordinal()].length < size) {
            buffers[ordinal()] = new double[size];
        } else {
            Arrays.fill(buffers[ordinal()], 0, size, 0);
        }
        return buffers[ordinal()];
    }
}
