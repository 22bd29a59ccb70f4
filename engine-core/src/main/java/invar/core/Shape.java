package invar.core;

import java.util.Arrays;
import java.util.StringJoiner;

/// The extents of a tensor, outermost axis first; value equality. Tensors are contiguous and row-major, so a shape says
/// all there is to say about the layout. Rank 0 is a scalar with one element; every extent is at least 1.
public final class Shape {

    private static final Shape SCALAR = new Shape(new int[0]);

    private final int[] extents;

    private Shape(int[] extents) {
        this.extents = extents;
    }

    /// The shape with these extents; none: a scalar.
    ///
    /// @throws IllegalArgumentException if an extent is below 1
    public static Shape of(int... extents) {
        if (extents.length == 0) return SCALAR;
        for (int extent : extents) {
            if (extent < 1) {
                throw new IllegalArgumentException(
                        "every extent of a shape must be at least 1: " + Arrays.toString(extents));
            }
        }
        return new Shape(extents.clone());
    }

    /// Number of axes.
    public int rank() {
        return extents.length;
    }

    /// Extent of `axis`; a negative axis counts from the end, −1 being the last.
    public int dim(int axis) {
        return extents[axis(axis)];
    }

    /// `axis` as a number in 0 … rank − 1.
    ///
    /// @throws IllegalArgumentException if there is no such axis
    public int axis(int axis) {
        int a = axis < 0 ? axis + extents.length : axis;
        if (a < 0 || a >= extents.length) throw new IllegalArgumentException("no axis " + axis + " in " + this);
        return a;
    }

    /// All extents, as a fresh array.
    public int[] extents() {
        return extents.clone();
    }

    /// Product of the extents; 1 for a scalar.
    public long elements() {
        return product(0, extents.length);
    }

    /// Product of the extents of axes `from` (inclusive) to `to` (exclusive).
    public long product(int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) product *= extents[i];
        return product;
    }

    /// This shape with the extent of `axis` replaced.
    public Shape with(int axis, int extent) {
        int[] changed = extents.clone();
        changed[axis(axis)] = extent;
        return of(changed);
    }

    /// True if a tensor of this shape can stand in for one of `larger`: aligned at the last axis, each extent is equal
    /// or 1, and there are no more axes (NumPy's rule, with the result given).
    public boolean broadcastsTo(Shape larger) {
        int lead = larger.rank() - rank();
        if (lead < 0) return false;
        for (int i = 0; i < rank(); i++) {
            if (extents[i] != 1 && extents[i] != larger.extents[lead + i]) return false;
        }
        return true;
    }

    /// The smallest shape that both broadcast to.
    ///
    /// @throws IllegalArgumentException if there is none
    public static Shape common(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] extents = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dim(-i) : 1, y = i <= b.rank() ? b.dim(-i) : 1;
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException(
                        "shapes " + a + " and " + b + " do not broadcast: extents " + x + " and " + y + " differ");
            }
            extents[rank - i] = Math.max(x, y);
        }
        return of(extents);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape s && Arrays.equals(extents, s.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    /// For example `(2, 3)`; `()` for a scalar.
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "(", ")");
        for (int extent : extents) text.add(Integer.toString(extent));
        return text.toString();
    }
}
