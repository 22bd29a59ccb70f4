package invar.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Moves rows side by side, and back: the layout change that lets a convolution treat several images, or several
/// channels, as the lanes of one vector.
/// ```
/// interleave:  to[j · toStep + i]   = from[i · fromStep + j]      i < rows (lanes), j < length
/// separate:    to[i · toStep + j]   = from[j · fromStep + i]
/// ```
/// Blocks of 8 × 8 are transposed in registers in three rounds: round d exchanges, between rows i and i + d, the
/// columns whose number has bit d set in one and not in the other (Eklundh, "A fast computer method for matrix
/// transposing", IEEE Trans. Computers C-21(7), 1972).
final class Transpose {

    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
    private static final VectorShuffle<Float> SWAP1 = VectorShuffle.fromOp(EIGHT, i -> i ^ 1);
    private static final VectorShuffle<Float> SWAP2 = VectorShuffle.fromOp(EIGHT, i -> i ^ 2);
    private static final VectorShuffle<Float> SWAP4 = VectorShuffle.fromOp(EIGHT, i -> i ^ 4);
    private static final VectorMask<Float> BIT1 = VectorMask.fromLong(EIGHT, 0b10101010);
    private static final VectorMask<Float> BIT2 = VectorMask.fromLong(EIGHT, 0b11001100);
    private static final VectorMask<Float> BIT4 = VectorMask.fromLong(EIGHT, 0b11110000);

    /// Whether the processor has vectors of eight floats; otherwise everything is moved one by one.
    private static final boolean FAST = Lanes.WIDTH >= 8;

    private Transpose() {}

    /// Puts `rows` rows of `length` numbers side by side, as the first lanes of `width`; the other lanes become zero.
    static void interleave(float[] from, int fromAt, int fromStep, int rows, int length, float[] to, int toAt,
            int toStep, int width) {
        interleave(from, fromAt, fromStep, rows, length, to, toAt, toStep, width, 1, 0);
    }

    /// The same, with the numbers of a row dealt out to `parts` places in turn: number `j` goes to
    /// `toAt + (j mod parts) · partStep + ⌊j / parts⌋ · toStep`.
    static void interleave(float[] from, int fromAt, int fromStep, int rows, int length, float[] to, int toAt,
            int toStep, int width, int parts, int partStep) {
        int i = 0;
        if (FAST && parts <= 2) {
            int odd = parts == 1 ? toStep : partStep, even = parts == 1 ? 2 * toStep : toStep;
            for (; i + 8 <= rows; i += 8) {
                int at = fromAt + i * fromStep;
                eightRows(from, at, fromStep, 4 * fromStep, length / 4, to, toAt + i, odd, even);
                rest(from, at, fromStep, 8, length & ~3, length, to, toAt + i, toStep, parts, partStep);
            }
        }
        if (i < rows) {
            rest(from, fromAt + i * fromStep, fromStep, rows - i, 0, length, to, toAt + i, toStep, parts, partStep);
        }
        if (rows < width) {
            zeros(rows, width, length, to, toAt, toStep, parts, partStep);
        }
    }

    /// Puts four rows side by side, and next to them the four that start `distance` behind them, which must be the
    /// length of a row at least. Numbers go where [#interleave] puts them.
    static void interleavePair(float[] from, int fromAt, int fromStep, int distance, int length, float[] to, int toAt,
            int toStep, int parts, int partStep) {
        int start = 0;
        if (FAST && parts <= 2) {
            eightRows(from, fromAt, fromStep, distance, length / 4, to, toAt, parts == 1 ? toStep : partStep,
                    parts == 1 ? 2 * toStep : toStep);
            start = length & ~3;
        }
        rest(from, fromAt, fromStep, 4, start, length, to, toAt, toStep, parts, partStep);
        rest(from, fromAt + distance, fromStep, 4, start, length, to, toAt + 4, toStep, parts, partStep);
    }

    /// Takes the first `rows` lanes apart, into rows of `length` numbers.
    static void separate(float[] from, int fromAt, int fromStep, int rows, int length, float[] to, int toAt,
            int toStep) {
        int i = 0;
        if (FAST) {
            for (; i + 8 <= rows; i += 8) {
                blocks(from, fromAt + i, fromStep, 8 * fromStep, length / 8, to, toAt + i * toStep, toStep, 8);
                for (int lane = i; lane < i + 8; lane++) {
                    for (int j = length & ~7; j < length; j++) {
                        to[toAt + lane * toStep + j] = from[fromAt + j * fromStep + lane];
                    }
                }
            }
        }
        for (; i < rows; i++) {
            for (int j = 0; j < length; j++) {
                to[toAt + i * toStep + j] = from[fromAt + j * fromStep + i];
            }
        }
    }

    /// Puts four rows side by side as [#interleave] does, in whole blocks of eight numbers of each.
    ///
    /// @return how many of `length` numbers of each row are done: the greatest multiple of eight
    static int interleaveFour(float[] from, int fromAt, int fromStep, int length, float[] to, int toAt, int toStep) {
        int j = 0;
        for (; j <= length - 8; j += 8) {
            FloatVector a0 = FloatVector.fromArray(EIGHT, from, fromAt + j);
            FloatVector a1 = FloatVector.fromArray(EIGHT, from, fromAt + fromStep + j);
            FloatVector a2 = FloatVector.fromArray(EIGHT, from, fromAt + 2 * fromStep + j);
            FloatVector a3 = FloatVector.fromArray(EIGHT, from, fromAt + 3 * fromStep + j);
            FloatVector b0 = a0.blend(a1.rearrange(SWAP1), BIT1), b1 = a0.rearrange(SWAP1).blend(a1, BIT1);
            FloatVector b2 = a2.blend(a3.rearrange(SWAP1), BIT1), b3 = a2.rearrange(SWAP1).blend(a3, BIT1);
            int t = toAt + j * toStep;
            halves(b0.blend(b2.rearrange(SWAP2), BIT2), to, t, 4 * toStep);
            halves(b1.blend(b3.rearrange(SWAP2), BIT2), to, t + toStep, 4 * toStep);
            halves(b0.rearrange(SWAP2).blend(b2, BIT2), to, t + 2 * toStep, 4 * toStep);
            halves(b1.rearrange(SWAP2).blend(b3, BIT2), to, t + 3 * toStep, 4 * toStep);
        }
        return j;
    }

    private static void halves(FloatVector v, float[] to, int at, int step) {
        ((FloatVector) v.reinterpretShape(FOUR, 0)).intoArray(to, at);
        ((FloatVector) v.rearrange(SWAP4).reinterpretShape(FOUR, 0)).intoArray(to, at + step);
    }

    /// Sets the lanes `from` ≤ lane < `width` to zero.
    private static void zeros(int from, int width, int length, float[] to, int toAt, int toStep, int parts,
            int partStep) {
        for (int part = 0; part < parts; part++) {
            for (int j = part, at = toAt + part * partStep; j < length; j += parts, at += toStep) {
                for (int lane = from; lane < width; lane++) {
                    to[at + lane] = 0;
                }
            }
        }
    }

    /// The numbers of the rows from `start` on, one by one.
    private static void rest(float[] from, int fromAt, int fromStep, int rows, int start, int length, float[] to,
            int toAt, int toStep, int parts, int partStep) {
        for (int part = 0; part < parts; part++) {
            int first = start + Math.floorMod(part - start, parts);
            int place = toAt + part * partStep + first / parts * toStep;
            for (int j = first, at = place; j < length; j += parts, at += toStep) {
                for (int i = 0; i < rows; i++) {
                    to[at + i] = from[fromAt + i * fromStep + j];
                }
            }
        }
    }

    /// Puts eight rows side by side, the second four of which start `distance` behind the first four. Takes four
    /// numbers of each at a time: of these, the second and the fourth go `odd`
    /// behind the first and the third, and these go `even` behind each other. The exchange between rows i and i + 4 is
    /// made by loading both where they are wanted; that between neighbours shifts pairs as numbers of 64 bits.
    private static void eightRows(float[] from, int fromAt, int step, int distance, int count, float[] to, int toAt,
            int odd, int even) {
        for (int n = 0; n < count; n++) {
            int f = fromAt + 4 * n, t = toAt + 2 * n * even, below = f + distance - 4;
            FloatVector a0 = FloatVector.fromArray(EIGHT, from, f)
                    .blend(FloatVector.fromArray(EIGHT, from, below), BIT4);
            FloatVector a1 = FloatVector.fromArray(EIGHT, from, f + step)
                    .blend(FloatVector.fromArray(EIGHT, from, below + step), BIT4);
            FloatVector a2 = FloatVector.fromArray(EIGHT, from, f + 2 * step)
                    .blend(FloatVector.fromArray(EIGHT, from, below + 2 * step), BIT4);
            FloatVector a3 = FloatVector.fromArray(EIGHT, from, f + 3 * step)
                    .blend(FloatVector.fromArray(EIGHT, from, below + 3 * step), BIT4);
            FloatVector b0 = a0.blend(a2.rearrange(SWAP2), BIT2), b2 = a0.rearrange(SWAP2).blend(a2, BIT2);
            FloatVector b1 = a1.blend(a3.rearrange(SWAP2), BIT2), b3 = a1.rearrange(SWAP2).blend(a3, BIT2);
            b0.blend(up(b1), BIT1).intoArray(to, t);
            down(b0).blend(b1, BIT1).intoArray(to, t + odd);
            b2.blend(up(b3), BIT1).intoArray(to, t + even);
            down(b2).blend(b3, BIT1).intoArray(to, t + even + odd);
        }
    }

    /// Moves each even lane into the odd one above it.
    private static FloatVector up(FloatVector a) {
        return a.reinterpretAsLongs().lanewise(VectorOperators.LSHL, Float.SIZE).reinterpretAsFloats();
    }

    /// Moves each odd lane into the even one below it.
    private static FloatVector down(FloatVector a) {
        return a.reinterpretAsLongs().lanewise(VectorOperators.LSHR, Float.SIZE).reinterpretAsFloats();
    }

    /// Transposes `count` blocks of 8 × 8 that are `fromBlock` apart, to places that are `toBlock` apart.
    private static void blocks(float[] from, int fromAt, int fromStep, int fromBlock, int count, float[] to, int toAt,
            int toStep, int toBlock) {
        for (int n = 0; n < count; n++) {
            int f = fromAt + n * fromBlock, t = toAt + n * toBlock;
            FloatVector a0 = FloatVector.fromArray(EIGHT, from, f);
            FloatVector a1 = FloatVector.fromArray(EIGHT, from, f + fromStep);
            FloatVector a2 = FloatVector.fromArray(EIGHT, from, f + 2 * fromStep);
            FloatVector a3 = FloatVector.fromArray(EIGHT, from, f + 3 * fromStep);
            FloatVector a4 = FloatVector.fromArray(EIGHT, from, f + 4 * fromStep);
            FloatVector a5 = FloatVector.fromArray(EIGHT, from, f + 5 * fromStep);
            FloatVector a6 = FloatVector.fromArray(EIGHT, from, f + 6 * fromStep);
            FloatVector a7 = FloatVector.fromArray(EIGHT, from, f + 7 * fromStep);
            FloatVector b0 = a0.blend(a1.rearrange(SWAP1), BIT1), b1 = a0.rearrange(SWAP1).blend(a1, BIT1);
            FloatVector b2 = a2.blend(a3.rearrange(SWAP1), BIT1), b3 = a2.rearrange(SWAP1).blend(a3, BIT1);
            FloatVector b4 = a4.blend(a5.rearrange(SWAP1), BIT1), b5 = a4.rearrange(SWAP1).blend(a5, BIT1);
            FloatVector b6 = a6.blend(a7.rearrange(SWAP1), BIT1), b7 = a6.rearrange(SWAP1).blend(a7, BIT1);
            a0 = b0.blend(b2.rearrange(SWAP2), BIT2);
            a2 = b0.rearrange(SWAP2).blend(b2, BIT2);
            a1 = b1.blend(b3.rearrange(SWAP2), BIT2);
            a3 = b1.rearrange(SWAP2).blend(b3, BIT2);
            a4 = b4.blend(b6.rearrange(SWAP2), BIT2);
            a6 = b4.rearrange(SWAP2).blend(b6, BIT2);
            a5 = b5.blend(b7.rearrange(SWAP2), BIT2);
            a7 = b5.rearrange(SWAP2).blend(b7, BIT2);
            a0.blend(a4.rearrange(SWAP4), BIT4).intoArray(to, t);
            a1.blend(a5.rearrange(SWAP4), BIT4).intoArray(to, t + toStep);
            a2.blend(a6.rearrange(SWAP4), BIT4).intoArray(to, t + 2 * toStep);
            a3.blend(a7.rearrange(SWAP4), BIT4).intoArray(to, t + 3 * toStep);
            a0.rearrange(SWAP4).blend(a4, BIT4).intoArray(to, t + 4 * toStep);
            a1.rearrange(SWAP4).blend(a5, BIT4).intoArray(to, t + 5 * toStep);
            a2.rearrange(SWAP4).blend(a6, BIT4).intoArray(to, t + 6 * toStep);
            a3.rearrange(SWAP4).blend(a7, BIT4).intoArray(to, t + 7 * toStep);
        }
    }
}
