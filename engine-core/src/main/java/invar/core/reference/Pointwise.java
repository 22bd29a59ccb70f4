package invar.core.reference;

import invar.core.PointwiseOp;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.Tensor;
import invar.core.spi.Broadcast;

/// Element-by-element ops.
final class Pointwise {

    private Pointwise() {}

    static void execute(PointwiseOp op, Tensor[] in, Tensor out) {
        Array x = new Array(in[0]), y = new Array(out);
        switch (op) {
            case Unary f -> {
                for (int i = 0; i < x.size; i++) y.set(i, value(f, x.at(i)));
            }
            case Binary f -> {
                Array second = new Array(in[1]);
                Broadcast broadcast = Broadcast.of(in[0].shape(), in[1].shape());
                for (int i = 0; i < x.size; i++) y.set(i, value(f, x.at(i), second.at((int) broadcast.place(i))));
            }
            case Affine f -> {
                for (int i = 0; i < x.size; i++) y.set(i, f.scale() * x.at(i) + f.shift());
            }
            case ClampMin f -> {
                for (int i = 0; i < x.size; i++) y.set(i, Math.max(x.at(i), f.minimum()));
            }
        }
    }

    private static double value(Unary f, double x) {
        return switch (f) {
            case NEG -> -x;
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case RELU -> Math.max(x, 0);
            case STEP -> x > 0 ? 1 : 0;
            case GELU -> x * Erf.normalCdf(x);
            case GELU_SLOPE -> Erf.normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case TANH -> Math.tanh(x);
        };
    }

    private static double value(Binary f, double x, double y) {
        return switch (f) {
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case DIV -> x / y;
            case MAX -> Math.max(x, y);
            case EQUAL -> x == y ? 1 : 0;
            case LESS -> x < y ? 1 : 0;
        };
    }
}
