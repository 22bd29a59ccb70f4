package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.CpuStorage.ints;

import invar.core.Tensor;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;
import java.util.Arrays;

/// [SoftmaxCrossEntropy] and its gradient, a row at a time: nothing as large as the logits is stored in between.
final class CrossEntropies {

    /// Stands in for ln 0, because 0 · ∞ is not a number.
    private static final double LOWEST = -Float.MAX_VALUE;

    private CrossEntropies() {}

    static void forward(SoftmaxCrossEntropy op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), k = in[0].dim(1), xo = at(in[0]), mo = at(out[1]), zo = at(out[2]);
        float[] x = floats(in[0]), m = floats(out[1]), z = floats(out[2]);
        int[] labels = Arrays.copyOfRange(ints(in[1]), at(in[1]), at(in[1]) + n);
        op.checkLabels(labels, k);
        float[] weights = weights(in, 2, k);
        double smooth = op.labelSmoothing() / k;
        double[] losses = new double[n];
        Chunks.each(parallel, n, k, i -> {
            float[] buffer = new float[Lanes.WIDTH];
            int at = xo + i * k;
            float max = Rows.max(x, at, k, buffer);
            double log = Math.log(Rows.sumExp(x, at, k, max, null, 0, buffer));
            m[mo + i] = max;
            z[zo + i] = (float) log;
            if (labels[i] == op.ignoreIndex()) return;
            double loss = 0;
            for (int c = 0; c < k && smooth > 0; c++) loss -= smooth * weights[c] * logarithm(x[at + c], max, log);
            losses[i] = loss - (1 - op.labelSmoothing()) * weights[labels[i]] * logarithm(x[at + labels[i]], max, log);
        });
        double loss = 0, divisor = 0;
        for (int i = 0; i < n; i++) {
            loss += losses[i];
            if (labels[i] != op.ignoreIndex()) divisor += weights[labels[i]];
        }
        floats(out[0])[at(out[0])] = (float) (loss / divisor);
        floats(out[3])[at(out[3])] = (float) divisor;
    }

    private static double logarithm(float x, float max, double log) {
        double p = (double) x - max - log;
        return p < LOWEST ? LOWEST : p;
    }

    /// dx = A p − B w, and − C w at the label, with factors of the row.
    static void backward(SoftmaxCrossEntropyGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), k = in[0].dim(1), xo = at(in[0]), lo = at(in[1]), mo = at(in[2]), zo = at(in[3]);
        float[] x = floats(in[0]), m = floats(in[2]), z = floats(in[3]), dx = floats(out[0]),
                weights = weights(in, 6, k);
        int[] labels = ints(in[1]);
        int to = at(out[0]);
        double factor = (double) floats(in[5])[at(in[5])] / floats(in[4])[at(in[4])];
        double smooth = op.labelSmoothing() / k, sum = 0;
        for (float w : weights) sum += w;
        double all = sum;
        Chunks.each(parallel, n, k, i -> {
            int label = labels[lo + i], at = to + i * k;
            if (label == op.ignoreIndex()) {
                Arrays.fill(dx, at, at + k, (float) (0 * factor));
                return;
            }
            double own = (1 - op.labelSmoothing()) * weights[label];
            Rows.shift(x, xo + i * k, k, m[mo + i], z[zo + i], dx, at);
            VectorMath.exp(dx, at, dx, at, k);
            float a = (float) ((own + smooth * all) * factor), b = (float) (smooth * factor);
            for (int c = 0; c < k; c++) dx[at + c] *= a;
            for (int c = 0; c < k && b != 0; c++) dx[at + c] -= b * weights[c];
            dx[at + label] -= (float) (own * factor);
        });
    }

    private static float[] weights(Tensor[] in, int index, int k) {
        float[] weights = new float[k];
        if (in.length > index) System.arraycopy(floats(in[index]), at(in[index]), weights, 0, k);
        else Arrays.fill(weights, 1);
        return weights;
    }
}
