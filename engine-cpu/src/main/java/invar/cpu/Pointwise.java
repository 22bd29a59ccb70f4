package invar.cpu;

import invar.core.PointwiseOp;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.Tensor;
import invar.core.spi.Broadcast;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Element-by-element ops. Plain loops where the JIT compiler turns them into vector code by itself (one arithmetic
/// instruction an element); the Vector API where it does not (comparisons, exponentials).
final class Pointwise {

    /// Elements a task: 128 KiB in and out, which stays in the second-level cache, and enough work to hand over.
    private static final int CHUNK = 1 << 15;

    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;

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
                case Affine f -> affine((float) f.scale(), (float) f.shift(), x, xo + from, y, yo + from, n);
                case ClampMin f -> atLeast((float) f.minimum(), x, xo + from, y, yo + from, n);
                case Binary f -> throw new AssertionError(f);
            }
        });
    }

    private static void unary(Unary f, float[] x, int xo, float[] y, int yo, int n) {
        switch (f) {
            case NEG -> affine(-1, 0, x, xo, y, yo, n);
            case EXP -> VectorMath.exp(x, xo, y, yo, n);
            case LOG -> VectorMath.log(x, xo, y, yo, n);
            case SQRT -> {
                for (int i = 0; i < n; i++) y[yo + i] = (float) Math.sqrt(x[xo + i]);
            }
            case SQUARE -> {
                for (int i = 0; i < n; i++) y[yo + i] = x[xo + i] * x[xo + i];
            }
            case RECIPROCAL -> {
                for (int i = 0; i < n; i++) y[yo + i] = 1 / x[xo + i];
            }
            case ABS -> {
                for (int i = 0; i < n; i++) y[yo + i] = Math.abs(x[xo + i]);
            }
            case SIGN -> sign(x, xo, y, yo, n);
            case RELU -> atLeast(0, x, xo, y, yo, n);
            case STEP -> step(x, xo, y, yo, n);
            case GELU -> VectorMath.gelu(x, xo, y, yo, n);
            case GELU_SLOPE -> VectorMath.geluSlope(x, xo, y, yo, n);
            case SIGMOID -> VectorMath.sigmoid(x, xo, y, yo, n);
            case TANH -> VectorMath.tanh(x, xo, y, yo, n);
        }
    }

    private static void affine(float scale, float shift, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = scale * x[xo + i] + shift;
    }

    private static void atLeast(float minimum, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Math.max(x[xo + i], minimum);
    }

    /// 1 where x > 0, else 0; NaN gives 0.
    private static void step(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector zero = FloatVector.zero(SPECIES), one = FloatVector.broadcast(SPECIES, 1);
        int i = 0;
        for (; i <= n - Lanes.WIDTH; i += Lanes.WIDTH) {
            VectorMask<Float> positive = FloatVector.fromArray(SPECIES, x, xo + i).compare(VectorOperators.GT, zero);
            zero.blend(one, positive).intoArray(y, yo + i);
        }
        for (; i < n; i++) y[yo + i] = x[xo + i] > 0 ? 1 : 0;
    }

    private static void sign(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) y[yo + i] = Math.signum(x[xo + i]);
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
            int perTask = CHUNK / run, runs = size / run;
            parallel.run((runs + perTask - 1) / perTask, task -> {
                int end = Math.min(runs, (task + 1) * perTask);
                for (int r = task * perTask; r < end; r++) {
                    int start = r * run;
                    run(f, x, xo + start, y, yo + (int) broadcast.place(start), repeats, z, zo + start, run);
                }
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
            case ADD -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] + y;
            }
            case SUB -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] - y;
            }
            case MUL -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] * y;
            }
            case DIV -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] / y;
            }
            case MAX -> atLeast(y, x, xo, z, zo, n);
            case EQUAL, LESS -> {
                FloatVector other = FloatVector.broadcast(SPECIES, y);
                int i = 0;
                for (; i <= n - Lanes.WIDTH; i += Lanes.WIDTH) compare(f, x, xo + i, other).intoArray(z, zo + i);
                for (; i < n; i++) z[zo + i] = compare(f, x[xo + i], y);
            }
        }
    }

    private static void withVector(Binary f, float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        switch (f) {
            case ADD -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] + y[yo + i];
            }
            case SUB -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] - y[yo + i];
            }
            case MUL -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] * y[yo + i];
            }
            case DIV -> {
                for (int i = 0; i < n; i++) z[zo + i] = x[xo + i] / y[yo + i];
            }
            case MAX -> {
                for (int i = 0; i < n; i++) z[zo + i] = Math.max(x[xo + i], y[yo + i]);
            }
            case EQUAL, LESS -> {
                int i = 0;
                for (; i <= n - Lanes.WIDTH; i += Lanes.WIDTH) {
                    compare(f, x, xo + i, FloatVector.fromArray(SPECIES, y, yo + i)).intoArray(z, zo + i);
                }
                for (; i < n; i++) z[zo + i] = compare(f, x[xo + i], y[yo + i]);
            }
        }
    }

    private static FloatVector compare(Binary f, float[] x, int xo, FloatVector y) {
        FloatVector v = FloatVector.fromArray(SPECIES, x, xo);
        VectorMask<Float> holds = v.compare(f == Binary.EQUAL ? VectorOperators.EQ : VectorOperators.LT, y);
        return FloatVector.zero(SPECIES).blend(1f, holds);
    }

    private static float compare(Binary f, float x, float y) {
        return (f == Binary.EQUAL ? x == y : x < y) ? 1 : 0;
    }
}
