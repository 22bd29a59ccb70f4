package invar.core;

/// Checks that several ops share. Each throws [ShapeException] with the rule that is broken.
public final class Infer {

    private Infer() {}

    /// Exactly `n` inputs.
    public static void count(Op op, Shape[] in, int n) {
        if (in.length != n) throw new ShapeException(op, in, "takes " + n + " inputs, not " + in.length);
    }

    /// Input `i` has `rank` axes.
    public static void rank(Op op, Shape[] in, int i, int rank) {
        if (in[i].rank() != rank) {
            throw new ShapeException(op, in, "input " + i + " must have " + rank + " axes, not " + in[i].rank());
        }
    }

    /// Input `i` has exactly this shape.
    public static void same(Op op, Shape[] in, int i, Shape expected) {
        if (!in[i].equals(expected)) {
            throw new ShapeException(op, in, "input " + i + " must have shape " + expected);
        }
    }

    /// Input `i` is a scalar.
    public static void scalar(Op op, Shape[] in, int i) {
        same(op, in, i, Shape.of());
    }

    /// `axis` exists in input `i`; a non-negative number.
    public static int axis(Op op, Shape[] in, int i, int axis) {
        if (axis < 0 || axis >= in[i].rank()) throw new ShapeException(op, in, "no axis " + axis + " in input " + i);
        return axis;
    }

    /// A number that configures an op and must be positive, such as a temperature.
    ///
    /// @throws IllegalArgumentException with `name` in the sentence, if it is not a finite number > 0
    public static void positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " must be a number > 0 but is " + value);
        }
    }

    /// One input, and the output `out`.
    public static Shape[] one(Op op, Shape[] in, Shape out) {
        count(op, in, 1);
        return new Shape[] {out};
    }
}
