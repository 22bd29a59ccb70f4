package invar.core;

import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;

/// The methods of [Tensor] that work element by element. Formulas: [PointwiseOp].
sealed interface Elementwise permits Tensor {

    /// This tensor.
    Tensor self();

    private Tensor unary(Unary op) {
        return Tensor.apply(op, self())[0];
    }

    /// Both sides broadcast to their common shape.
    private Tensor binary(Binary op, Tensor y) {
        Tensor x = self();
        if (!y.shape().broadcastsTo(x.shape())) x = x.broadcastTo(Shape.common(x.shape(), y.shape()));
        return Tensor.apply(op, x, y)[0];
    }

    default Tensor neg() { return unary(Unary.NEG); }
    default Tensor exp() { return unary(Unary.EXP); }
    default Tensor log() { return unary(Unary.LOG); }
    default Tensor sqrt() { return unary(Unary.SQRT); }
    default Tensor square() { return unary(Unary.SQUARE); }
    default Tensor reciprocal() { return unary(Unary.RECIPROCAL); }
    default Tensor abs() { return unary(Unary.ABS); }
    default Tensor sign() { return unary(Unary.SIGN); }
    default Tensor relu() { return unary(Unary.RELU); }
    default Tensor step() { return unary(Unary.STEP); }
    default Tensor gelu() { return unary(Unary.GELU); }
    default Tensor sigmoid() { return unary(Unary.SIGMOID); }
    default Tensor tanh() { return unary(Unary.TANH); }

    default Tensor add(Tensor y) { return binary(Binary.ADD, y); }
    default Tensor sub(Tensor y) { return binary(Binary.SUB, y); }
    default Tensor mul(Tensor y) { return binary(Binary.MUL, y); }
    default Tensor div(Tensor y) { return binary(Binary.DIV, y); }
    default Tensor max(Tensor y) { return binary(Binary.MAX, y); }
    /// 1 where equal, else 0.
    default Tensor equal(Tensor y) { return binary(Binary.EQUAL, y); }
    /// 1 where this is less than y, else 0.
    default Tensor less(Tensor y) { return binary(Binary.LESS, y); }

    /// factor · x
    default Tensor scale(double factor) { return affine(factor, 0); }
    /// x + shift
    default Tensor plus(double shift) { return affine(1, shift); }
    /// scale · x + shift
    default Tensor affine(double scale, double shift) { return Tensor.apply(new Affine(scale, shift), self())[0]; }
    /// max(x, minimum)
    default Tensor clampMin(double minimum) { return Tensor.apply(new ClampMin(minimum), self())[0]; }
}
