package invar.cpu;

import java.util.Arrays;

import invar.core.Tensor;

/// Softmax, its logarithm, and log-sum-exp along an axis: the tensor is (outer, n, inner), the axis the middle one.
///
/// Along the last axis (inner = 1) a task takes whole rows. Otherwise it takes a strip of neighbouring columns of one
/// outer place and goes through it row by row, so that memory is read in order and vectors run along the columns.
final class Softmaxes {

    /// Columns of a strip: maxima, sums and exponentials of a strip take 3 KiB.
    private static final int STRIP = 256;

    private Softmaxes() {}

    /// y = m + ln Σ e^(x − m), m the maximum; −∞ where all is −∞.
    static void logSumExp(int axis, Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), n = in.dim(axis), inner = inner(in, axis);
        int outer = in.size() / n / inner;
        if (inner == 1) {
            Sums.eachBlock(outer, n, parallel, row -> {
                float max = Rows.max(x, xo + row * n, n);
                y[yo + row] = max == Float.NEGATIVE_INFINITY && !hasNaN(x, xo + row * n, n)
                        ? max : (float) (max + Math.log(Rows.sumExp(x, xo + row * n, n, 1, max)));
            });
            return;
        }
        eachStrip(outer, n, inner, parallel, (o, column, width) -> {
            float[] max = new float[width];
            double[] sum = new double[width];
            int at = xo + o * n * inner + column, to = yo + o * inner + column;
            sums(x, at, n, inner, max, sum);
            for (int j = 0; j < width; j++) {
                y[to + j] = max[j] == Float.NEGATIVE_INFINITY ? max[j] : (float) (max[j] + Math.log(sum[j]));
            }
        });
    }

    /// y = e^(x − m) / Σ e^(x − m).
    static void softmax(int axis, Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), n = in.dim(axis), inner = inner(in, axis);
        int outer = in.size() / n / inner;
        if (inner == 1) {
            Sums.eachBlock(outer, n, parallel, row -> {
                int at = yo + row * n;
                double sum = Rows.exp(x, xo + row * n, y, at, n, Rows.max(x, xo + row * n, n));
                float inverse = (float) (1 / sum);
                for (int i = 0; i < n; i++) y[at + i] *= inverse;
            });
            return;
        }
        eachStrip(outer, n, inner, parallel, (o, column, width) -> {
            float[] max = new float[width];
            double[] sum = new double[width];
            int start = o * n * inner + column;
            sums(x, xo + start, n, inner, max, sum);
            float[] inverse = new float[width];
            for (int j = 0; j < width; j++) inverse[j] = (float) (1 / sum[j]);
            for (int i = 0; i < n; i++) {
                int from = xo + start + i * inner, to = yo + start + i * inner;
                for (int j = 0; j < width; j++) y[to + j] = x[from + j] - max[j];
                VectorMath.exp(y, to, y, to, width);
                for (int j = 0; j < width; j++) y[to + j] *= inverse[j];
            }
        });
    }

    /// y = (x − m) − ln Σ e^(x − m).
    static void logSoftmax(int axis, Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), n = in.dim(axis), inner = inner(in, axis);
        int outer = in.size() / n / inner;
        if (inner == 1) {
            Sums.eachBlock(outer, n, parallel, row -> {
                int from = xo + row * n, to = yo + row * n;
                float max = Rows.max(x, from, n), log = (float) Math.log(Rows.sumExp(x, from, n, 1, max));
                for (int i = 0; i < n; i++) y[to + i] = (x[from + i] - max) - log;
            });
            return;
        }
        eachStrip(outer, n, inner, parallel, (o, column, width) -> {
            float[] max = new float[width], log = new float[width];
            double[] sum = new double[width];
            int start = o * n * inner + column;
            sums(x, xo + start, n, inner, max, sum);
            for (int j = 0; j < width; j++) log[j] = (float) Math.log(sum[j]);
            for (int i = 0; i < n; i++) {
                int from = xo + start + i * inner, to = yo + start + i * inner;
                for (int j = 0; j < width; j++) y[to + j] = (x[from + j] - max[j]) - log[j];
            }
        });
    }

    private static int inner(Tensor in, int axis) {
        return (int) in.shape().product(axis < 0 ? axis + in.shape().rank() + 1 : axis + 1, in.shape().rank());
    }

    /// A strip of columns of one outer place.
    private interface Strip {
        void visit(int outer, int column, int width);
    }

    private static void eachStrip(int outer, int n, int inner, Parallel parallel, Strip body) {
        int strips = (inner + STRIP - 1) / STRIP;
        Sums.eachBlock(outer * strips, n * Math.min(inner, STRIP), parallel, i -> {
            int column = i % strips * STRIP;
            body.visit(i / strips, column, Math.min(STRIP, inner - column));
        });
    }

    /// Maximum and Σ e^(x − maximum) of each column of a strip whose rows are `step` apart.
    private static void sums(float[] x, int at, int n, int step, float[] max, double[] sum) {
        int width = max.length;
        float[] e = new float[width];
        Arrays.fill(max, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < width; j++) max[j] = Math.max(max[j], x[at + i * step + j]);
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < width; j++) e[j] = x[at + i * step + j] - max[j];
            VectorMath.exp(e, 0, e, 0, width);
            for (int j = 0; j < width; j++) sum[j] += e[j];
        }
    }

    private static boolean hasNaN(float[] x, int at, int n) {
        for (int i = 0; i < n; i++) {
            if (Float.isNaN(x[at + i])) return true;
        }
        return false;
    }
}
