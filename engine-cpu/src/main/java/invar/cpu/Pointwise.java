package invar.cpu;

import invar.core.PointwiseOp;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.Tensor;
import invar.core.spi.Broadcast;

/// Element-by-element ops: cut into tasks, and handed to the loops of [Arithmetic] and [VectorMath].
final class Pointwise {

    private static final int CHUNK = Chunks.SIZE;

    private Pointwise() {}

    static void execute(PointwiseOp op, Tensor[] in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in[0]), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in[0]), yo = CpuStorage.at(out), size = out.size();
        if (op instanceof Binary f) {
            binary(f, in[0], in[1], out, parallel);
            return;
        }
        parallel.run((size + CHUNK - 1) / CHUNK, task -> {
            int from = task * CHUNK, n = Math.min(CHUNK, size - from);
            switch (op) {
                case Unary f -> unary(f, x, xo + from, y, yo + from, n);
                case Affine f -> Arithmetic.affine((float) f.scale(), (float) f.shift(), x, xo + from, y, yo + from, n);
                case ClampMin f -> Arithmetic.max(x, xo + from, (float) f.minimum(), y, yo + from, n);
                case Binary f -> throw new AssertionError(f);
            }
        });
    }

    private static void unary(Unary f, float[] x, int xo, float[] y, int yo, int n) {
        switch (f) {
            case NEG -> Arithmetic.neg(x, xo, y, yo, n);
            case EXP -> VectorMath.exp(x, xo, y, yo, n);
            case LOG -> VectorMath.log(x, xo, y, yo, n);
            case SQRT -> Arithmetic.sqrt(x, xo, y, yo, n);
            case SQUARE -> Arithmetic.mul(x, xo, x, xo, y, yo, n);
            case RECIPROCAL -> Arithmetic.reciprocal(x, xo, y, yo, n);
            case ABS -> Arithmetic.abs(x, xo, y, yo, n);
            case SIGN -> Arithmetic.sign(x, xo, y, yo, n);
            case RELU -> Arithmetic.max(x, xo, 0, y, yo, n);
            case STEP -> Arithmetic.greater(x, xo, 0, y, yo, n);
            case GELU -> VectorMath.gelu(x, xo, y, yo, n);
            case GELU_SLOPE -> VectorMath.geluSlope(x, xo, y, yo, n);
            case SIGMOID -> VectorMath.sigmoid(x, xo, y, yo, n);
            case TANH -> VectorMath.tanh(x, xo, y, yo, n);
        }
    }

    /// Runs of the last merged axis: along one, y either repeats one element or advances with x.
    private static void binary(Binary f, Tensor first, Tensor second, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(first), y = CpuStorage.floats(second), z = CpuStorage.floats(out);
        int xo = CpuStorage.at(first), yo = CpuStorage.at(second), zo = CpuStorage.at(out), size = out.size();
        Broadcast broadcast = Broadcast.of(first.shape(), second.shape());
        int run = broadcast.extents()[broadcast.axes() - 1];
        boolean repeats = broadcast.strides()[broadcast.axes() - 1] == 0;
        if (run >= CHUNK) {                                     // few long runs: cut each
            int perRun = (run + CHUNK - 1) / CHUNK;
            parallel.run(size / run * perRun, task -> {
                int start = task / perRun * run, from = task % perRun * CHUNK, n = Math.min(CHUNK, run - from);
                int at = yo + (int) broadcast.place(start) + (repeats ? 0 : from);
                run(f, x, xo + start + from, y, at, repeats, z, zo + start + from, n);
            });
        } else {                                                // many short runs: several a task
            Chunks.each(parallel, size / run, run, r -> {
                int start = r * run;
                run(f, x, xo + start, y, yo + (int) broadcast.place(start), repeats, z, zo + start, run);
            });
        }
    }

    private static void run(
            Binary f, float[] x, int xo, float[] y, int yo, boolean repeats, float[] z, int zo, int n) {
        if (repeats) {
            withScalar(f, x, xo, y[yo], z, zo, n);
        } else {
            withVector(f, x, xo, y, yo, z, zo, n);
        }
    }

    private static void withScalar(Binary f, float[] x, int xo, float y, float[] z, int zo, int n) {
        switch (f) {
            case ADD -> Arithmetic.add(x, xo, y, z, zo, n);
            case SUB -> Arithmetic.add(x, xo, -y, z, zo, n);
            case MUL -> Arithmetic.mul(x, xo, y, z, zo, n);
            case DIV -> Arithmetic.div(x, xo, y, z, zo, n);
            case MAX -> Arithmetic.max(x, xo, y, z, zo, n);
            case EQUAL -> Arithmetic.equal(x, xo, y, z, zo, n);
            case LESS -> Arithmetic.less(x, xo, y, z, zo, n);
        }
    }

    private static void withVector(Binary f, float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        switch (f) {
            case ADD -> Arithmetic.add(x, xo, y, yo, z, zo, n);
            case SUB -> Arithmetic.sub(x, xo, y, yo, z, zo, n);
            case MUL -> Arithmetic.mul(x, xo, y, yo, z, zo, n);
            case DIV -> Arithmetic.div(x, xo, y, yo, z, zo, n);
            case MAX -> Arithmetic.max(x, xo, y, yo, z, zo, n);
            case EQUAL -> Arithmetic.equal(x, xo, y, yo, z, zo, n);
            case LESS -> Arithmetic.less(x, xo, y, yo, z, zo, n);
        }
    }
}
