package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Copies two pieces of a row of an image, or of two images, into the halves of the rows of a panel, with zeros where a
/// piece lies outside its row.
/// ```
/// to[toAt + c · COLUMNS + l] = from[left + c · plane + q]      with q = column + l · stride,  l < WIDTH
/// ```
/// for each channel c, 0 if q < 0 or q ≥ width, and the same for the right half.
final class Shifts {

    /// Lane `l` of the first half, and lane `l − WIDTH / 2` of the second, is the one at `2 l`.
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(SPECIES, i -> 2 * i % WIDTH);
    private static final VectorMask<Float> UPPER = SPECIES.indexInRange(-(WIDTH / 2), WIDTH);

    private Shifts() {}

    static void copy(float[] from, int left, int leftColumn, int right, int rightColumn, int width, int stride,
            int channels, int plane, float[] to, int toAt) {
        if (stride == 1) {
            neighbours(from, left + leftColumn, SPECIES.indexInRange(leftColumn, width), right + rightColumn,
                    SPECIES.indexInRange(rightColumn, width), channels, plane, to, toAt);
        } else if (stride == 2) {
            everySecond(from, left, leftColumn, width, channels, plane, to, toAt);
            everySecond(from, right, rightColumn, width, channels, plane, to, toAt + WIDTH);
        } else {
            strided(from, left, leftColumn, width, stride, channels, plane, to, toAt);
            strided(from, right, rightColumn, width, stride, channels, plane, to, toAt + WIDTH);
        }
    }

    private static void neighbours(float[] from, int left, VectorMask<Float> insideLeft, int right,
            VectorMask<Float> insideRight, int channels, int plane, float[] to, int toAt) {
        for (int c = 0; c < channels; c++) {
            FloatVector.fromArray(SPECIES, from, left + c * plane, insideLeft).intoArray(to, toAt + c * COLUMNS);
            FloatVector.fromArray(SPECIES, from, right + c * plane, insideRight)
                    .intoArray(to, toAt + c * COLUMNS + WIDTH);
        }
    }

    private static void everySecond(float[] from, int at, int column, int width, int channels, int plane, float[] to,
            int toAt) {
        VectorMask<Float> first = SPECIES.indexInRange(column, width);
        VectorMask<Float> second = SPECIES.indexInRange(column + WIDTH, width);
        for (int c = 0; c < channels; c++) {
            int f = at + column + c * plane;
            FloatVector.fromArray(SPECIES, from, f, first).rearrange(EVEN)
                    .blend(FloatVector.fromArray(SPECIES, from, f + WIDTH, second).rearrange(EVEN), UPPER)
                    .intoArray(to, toAt + c * COLUMNS);
        }
    }

    private static void strided(float[] from, int at, int column, int width, int stride, int channels, int plane,
            float[] to, int toAt) {
        for (int l = 0; l < WIDTH; l++) {
            int q = column + l * stride;
            boolean inside = q >= 0 && q < width;
            for (int c = 0; c < channels; c++) {
                to[toAt + c * COLUMNS + l] = inside ? from[at + c * plane + q] : 0;
            }
        }
    }
}
