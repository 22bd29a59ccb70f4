package invar.core;

/// Ops that compute each output element from the elements at the same place.
public sealed interface PointwiseOp extends Op {

    /// y = f(x), element by element. In: x. Out: y of the same shape.
    enum Unary implements PointwiseOp {
        /// −x
        NEG,
        /// eˣ
        EXP,
        /// ln x; −∞ at 0, NaN below
        LOG,
        /// √x; NaN below 0
        SQRT,
        /// x²
        SQUARE,
        /// 1/x
        RECIPROCAL,
        /// |x|
        ABS,
        /// −1, 0 or 1; derivative 0 everywhere
        SIGN,
        /// max(x, 0), NaN for NaN; derivative 0 at 0
        RELU,
        /// 1 where x > 0, else 0; derivative 0 everywhere
        STEP,
        /// x Φ(x), Φ(x) = (1 + erf(x/√2))/2: the exact form (Hendrycks and Gimpel 2016, arXiv:1606.08415)
        GELU,
        /// d GELU/dx = Φ(x) + x φ(x), φ(x) = e^(−x²/2)/√(2π)
        GELU_SLOPE,
        /// 1/(1 + e⁻ˣ)
        SIGMOID,
        /// tanh x
        TANH;

        @Override
        public Shape[] infer(Shape... in) {
            return Infer.one(this, in, in[0]);
        }
    }

    /// z = f(x, y), element by element. In: x, and y that broadcasts to x ([Shape#broadcastsTo]). Out: z shaped as x.
    enum Binary implements PointwiseOp {
        /// x + y
        ADD,
        /// x − y
        SUB,
        /// x y
        MUL,
        /// x / y
        DIV,
        /// max(x, y), NaN if either is NaN; on ties the derivative goes to x
        MAX,
        /// 1 where x = y, else 0; derivative 0
        EQUAL,
        /// 1 where x < y, else 0; derivative 0
        LESS;

        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            if (!in[1].broadcastsTo(in[0])) {
                throw new ShapeException(this, in, "the second shape must broadcast to the first");
            }
            return new Shape[] {in[0]};
        }
    }

    /// y = scale · x + shift. In: x. Out: y of the same shape.
    record Affine(double scale, double shift) implements PointwiseOp {
        @Override
        public Shape[] infer(Shape... in) {
            return Infer.one(this, in, in[0]);
        }
    }

    /// y = max(x, minimum), NaN for NaN; derivative 1 where x ≥ minimum, else 0. In: x. Out: y of the same shape.
    record ClampMin(double minimum) implements PointwiseOp {
        @Override
        public Shape[] infer(Shape... in) {
            return Infer.one(this, in, in[0]);
        }
    }
}
