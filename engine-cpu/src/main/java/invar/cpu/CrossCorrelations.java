package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.Tensor;
import invar.core.fused.CrossCorrelation;
import java.util.Arrays;

/// [CrossCorrelation] and its gradients: columns are channels of batch norm without images, so the moments, the scaling
/// and the way back are those of [BatchNorms]; between them are matrix products.
final class CrossCorrelations {

    private CrossCorrelations() {}

    /// c = (â/N)ᵀ b̂.
    static void forward(CrossCorrelation op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1);
        float[] hat = Scratch.UNIT_ROWS.floats(2 * n * d);
        for (int side = 0; side < 2; side++) {
            standardize(in[side], op.epsilon(), side == 0 ? 1.0 / n : 1, out[1 + 2 * side], out[2 + 2 * side], hat,
                    side * n * d, parallel);
        }
        Gemm.multiply(parallel, true, false, d, d, n, hat, 0, d, hat, n * d, d, false, floats(out[0]), at(out[0]), d);
    }

    /// hat = factor · (x − mean) rstd, and the means and rstds of the columns.
    static void standardize(Tensor x, double epsilon, double factor, Tensor means, Tensor rstds, float[] hat, int to,
            Parallel parallel) {
        int d = x.dim(1);
        double[] mean = new double[d], variance = new double[d];
        ChannelTiles t = new ChannelTiles(x.dim(0), d, 1);
        ChannelSums.moments(t, floats(x), at(x), mean, variance, parallel);
        float[] m = new float[d], scale = new float[d], shift = new float[d];
        for (int i = 0; i < d; i++) {
            double rstd = 1 / Math.sqrt(variance[i] + epsilon);
            m[i] = (float) mean[i];
            scale[i] = (float) (rstd * factor);
            shift[i] = (float) ((m[i] - mean[i]) * rstd * factor);
            floats(means)[at(means) + i] = m[i];
            floats(rstds)[at(rstds) + i] = (float) rstd;
        }
        BatchNorms.scale(t, floats(x), at(x), m, scale, shift, Float.NaN, hat, to, parallel);
    }

    static void backward(Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1), co = at(in[6]);
        float[] hat = Scratch.UNIT_ROWS.floats(2 * n * d), dc = floats(in[6]);
        for (int side = 0; side < 2; side++) {
            float[] m = column(in[2 + 2 * side]), rstd = column(in[3 + 2 * side]);
            BatchNorms.scale(new ChannelTiles(n, d, 1), floats(in[side]), at(in[side]), m, rstd, new float[d],
                    Float.NaN, hat, side * n * d, parallel);
        }
        float[] da = floats(out[0]), db = floats(out[1]);
        Gemm.multiply(parallel, false, true, n, d, d, hat, n * d, d, dc, co, d, false, da, at(out[0]), d);  // b̂ dcᵀ
        Gemm.multiply(parallel, false, false, n, d, d, hat, 0, d, dc, co, d, false, db, at(out[1]), d);     // â dc
        throughNorm(in[0], column(in[2]), column(in[3]), 1.0 / n, da, at(out[0]), parallel);
        throughNorm(in[1], column(in[4]), column(in[5]), 1.0 / n, db, at(out[1]), parallel);
    }

    /// A copy of the numbers of a vector.
    static float[] column(Tensor vector) {
        return Arrays.copyOfRange(floats(vector), at(vector), at(vector) + vector.size());
    }

    /// dx = factor · rstd (g − Σ g/N − x̂ · Σ g x̂/N), in place of g.
    static void throughNorm(Tensor in, float[] m, float[] rstd, double factor, float[] dx, int to, Parallel parallel) {
        int n = in.dim(0), d = in.dim(1);
        ChannelTiles t = new ChannelTiles(n, d, 1);
        double[] sums = new double[d], products = new double[d];
        ChannelSums.products(t, floats(in), at(in), m, 0, dx, to, Float.NaN, dx, to, sums, products, parallel);
        float[] a = new float[d], k = new float[d], s = new float[d];
        for (int i = 0; i < d; i++) {
            double scale = rstd[i] * factor, square = (double) rstd[i] * rstd[i];
            a[i] = (float) scale;
            k[i] = (float) (-scale * square * products[i] / n);
            s[i] = (float) (-scale * sums[i] / n);
        }
        BatchNorms.gradient(t, floats(in), at(in), m, dx, to, Float.NaN, dx, to, a, k, s, dx, to, parallel);
    }
}
