package invar.core.spi;

import invar.core.Shape;

/// How a small shape repeats inside a large one, with neighbouring axes that behave alike merged into one. So however
/// many axes the shapes have, a scalar, a row, a column or a channel of an image becomes one, two or three runs.
///
/// @param extents extents of the merged axes of the large shape, outermost first; at least one
/// @param strides how far one step along each merged axis moves in the small tensor; 0 where it repeats
public record Broadcast(int[] extents, long[] strides) {

    /// Both shapes merged; `small` must broadcast to `large`.
    public static Broadcast of(Shape large, Shape small) {
        int rank = large.rank(), lead = rank - small.rank(), merged = 0;
        int[] extents = new int[Math.max(1, rank)];
        boolean[] repeats = new boolean[extents.length];
        for (int i = 0; i < rank; i++) {
            int extent = large.dim(i);
            if (extent == 1) continue;
            boolean repeat = i < lead || small.dim(i - lead) == 1;
            if (merged > 0 && repeats[merged - 1] == repeat) {
                extents[merged - 1] *= extent;
            } else {
                repeats[merged] = repeat;
                extents[merged++] = extent;
            }
        }
        if (merged == 0) extents[merged++] = 1;
        int[] kept = new int[merged];
        long[] strides = new long[merged];
        long stride = 1;
        for (int i = merged - 1; i >= 0; i--) {
            kept[i] = extents[i];
            strides[i] = repeats[i] ? 0 : stride;
            if (!repeats[i]) stride *= extents[i];
        }
        return new Broadcast(kept, strides);
    }

    /// Number of merged axes.
    public int axes() {
        return extents.length;
    }

    /// The place in the small tensor of element `i` of the large one.
    public long place(long i) {
        long place = 0;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            place += i % extents[axis] * strides[axis];
            i /= extents[axis];
        }
        return place;
    }
}
