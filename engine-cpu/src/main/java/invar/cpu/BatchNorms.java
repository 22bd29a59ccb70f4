package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.Tensor;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [BatchNorm] and its gradients. They do little with each number, so what counts is how often the numbers pass through
/// memory: forward twice in and once out, backward twice in (three tensors behind a ReLU, else two) and once out. A
/// residual is read, and its gradient written, while the numbers beside it are in the cache.
final class BatchNorms {

    private BatchNorms() {}

    /// y = (x − m) a + b for every channel, with a = γ / √(variance + ε); m is the mean as a float, and what the
    /// rounding left over is in b. The difference comes first: x a + b' would lose the digits that x and the mean
    /// share.
    static void forward(BatchNorm op, Tensor[] in, Tensor[] out, Parallel parallel) {
        ChannelTiles t = tiles(in[0]);
        int channels = t.c();
        float[] x = floats(in[0]), gamma = floats(in[1]), beta = floats(in[2]);
        double[] mean = new double[channels], variance = new double[channels];
        ChannelSums.moments(t, x, at(in[0]), mean, variance, parallel);
        float[] m = new float[channels], a = new float[channels], b = new float[channels];
        for (int c = 0; c < channels; c++) {
            double scale = gamma[at(in[1]) + c] / Math.sqrt(variance[c] + op.epsilon());
            m[c] = (float) mean[c];
            a[c] = (float) scale;
            b[c] = (float) (beta[at(in[2]) + c] - (mean[c] - m[c]) * scale);
            floats(out[1])[at(out[1]) + c] = m[c];
            floats(out[2])[at(out[2]) + c] = (float) variance[c];
        }
        float floor = op.relu() ? 0 : Float.NaN;
        float[] y = floats(out[0]), r = in.length == 4 ? floats(in[3]) : null;
        int xo = at(in[0]), yo = at(out[0]), ro = in.length == 4 ? at(in[3]) : 0;
        scale(t, x, xo, m, a, b, floor, r, ro, y, yo, parallel);
    }

    /// dx = a (g − Σg/M − x̂ · Σgx̂/M) for every channel, as a g + (x − mean) k + s.
    static void backward(BatchNormGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        ChannelTiles t = tiles(in[0]);
        int channels = t.c(), mo = at(in[2]);
        float[] x = floats(in[0]), gamma = floats(in[1]), mean = floats(in[2]), variance = floats(in[3]);
        float[] dy = floats(in[5]), y = op.relu() ? floats(in[4]) : dy;
        int xo = at(in[0]), go = at(in[5]), yo = op.relu() ? at(in[4]) : go;
        float floor = op.relu() ? 0 : Float.NaN;
        double[] sums = new double[channels], products = new double[channels];
        ChannelSums.products(t, x, xo, mean, mo, y, yo, floor, dy, go, sums, products, parallel);
        float[] a = new float[channels], k = new float[channels], s = new float[channels], m = new float[channels];
        for (int c = 0; c < channels; c++) {
            double rstd = 1 / Math.sqrt(variance[at(in[3]) + c] + op.epsilon()), scale = gamma[at(in[1]) + c] * rstd;
            double dGamma = products[c] * rstd;
            floats(out[1])[at(out[1]) + c] = (float) dGamma;
            floats(out[2])[at(out[2]) + c] = (float) sums[c];
            m[c] = mean[mo + c];
            a[c] = (float) scale;
            k[c] = (float) (-scale * rstd * dGamma / t.count());
            s[c] = (float) (-scale * sums[c] / t.count());
        }
        float[] dr = op.residual() ? floats(out[3]) : null;
        int ro = op.residual() ? at(out[3]) : 0;
        gradient(t, x, xo, m, y, yo, floor, dy, go, a, k, s, floats(out[0]), at(out[0]), dr, ro, parallel);
    }

    /// dx = a g + (x − m) k + s, with numbers m, a, k, s for each channel; g = dy, or 0 where y ≤ floor. dx may be dy.
    static void gradient(ChannelTiles t, float[] x, int xo, float[] m, float[] y, int yo, float floor, float[] dy,
            int go, float[] a, float[] k, float[] s, float[] dx, int to, Parallel parallel) {
        gradient(t, x, xo, m, y, yo, floor, dy, go, a, k, s, dx, to, null, 0, parallel);
    }

    /// The same, and dr = g, unless it is null.
    private static void gradient(ChannelTiles t, float[] x, int xo, float[] m, float[] y, int yo, float floor,
            float[] dy, int go, float[] a, float[] k, float[] s, float[] dx, int to, float[] dr, int ro,
            Parallel parallel) {
        t.each(parallel, (rowTile, row, rows, channel, count) -> {
            int start = t.at(row, channel), inner = t.inner();
            if (t.byChannel()) {
                for (int r = 0; r < rows; r++) {
                    for (int j = 0; j < count; j++) {
                        int at = start + r * t.stride() + j * inner, c = channel + j;
                        if (dr != null) mask(y, yo + at, floor, dy, go + at, dr, ro + at, inner);
                        gradientRun(x, xo + at, y, yo + at, floor, dy, go + at, m[c], a[c], k[c], s[c], dx, to + at,
                                inner);
                    }
                }
            } else {
                int width = count * inner;
                float[] spread = Scratch.CHANNELS.floats(4 * width);
                t.spread(m, channel, count, spread, 0);
                t.spread(a, channel, count, spread, width);
                t.spread(k, channel, count, spread, 2 * width);
                t.spread(s, channel, count, spread, 3 * width);
                for (int r = 0; r < rows; r++) {
                    int at = start + r * t.stride();
                    if (dr != null) mask(y, yo + at, floor, dy, go + at, dr, ro + at, width);
                    gradientRow(x, xo + at, y, yo + at, floor, dy, go + at, spread, dx, to + at, width);
                }
            }
        });
    }

    private static ChannelTiles tiles(Tensor x) {
        return new ChannelTiles(x.dim(0), x.dim(1), x.size() / x.dim(0) / x.dim(1));
    }

    /// y = max((x − m) a + b, floor), with numbers m, a, b for each channel; a floor of NaN leaves all.
    static void scale(ChannelTiles t, float[] x, int xo, float[] m, float[] a, float[] b, float floor, float[] y,
            int yo, Parallel parallel) {
        scale(t, x, xo, m, a, b, floor, null, 0, y, yo, parallel);
    }

    /// y = max((x − m) a + b + r, floor), with numbers m, a, b for each channel; a floor of NaN leaves all, an r of
    /// null is 0.
    private static void scale(ChannelTiles t, float[] x, int xo, float[] m, float[] a, float[] b, float floor,
            float[] r, int ro, float[] y, int yo, Parallel parallel) {
        float first = r == null ? floor : Float.NaN;
        t.each(parallel, (rowTile, row, rows, channel, count) -> {
            int start = t.at(row, channel), inner = t.inner();
            if (t.byChannel()) {
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < count; j++) {
                        int at = start + i * t.stride() + j * inner, c = channel + j;
                        run(x, xo + at, m[c], a[c], b[c], first, y, yo + at, inner);
                        if (r != null) add(r, ro + at, floor, y, yo + at, inner);       // y is in the cache
                    }
                }
            } else {
                int width = count * inner;
                float[] spread = Scratch.CHANNELS.floats(3 * width);
                t.spread(m, channel, count, spread, 0);
                t.spread(a, channel, count, spread, width);
                t.spread(b, channel, count, spread, 2 * width);
                for (int i = 0; i < rows; i++) {
                    int at = start + i * t.stride();
                    row(x, xo + at, spread, first, y, yo + at, width);
                    if (r != null) add(r, ro + at, floor, y, yo + at, width);
                }
            }
        });
    }

    /// y = max(y + r, floor).
    private static void add(float[] r, int ro, float floor, float[] y, int yo, int n) {
        FloatVector low = FloatVector.broadcast(SPECIES, floor);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, y, yo + i).add(FloatVector.fromArray(SPECIES, r, ro + i));
            v.blend(low, v.compare(VectorOperators.LE, low)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            float v = y[yo + i] + r[ro + i];
            y[yo + i] = v <= floor ? floor : v;
        }
    }

    /// g = dy, or 0 where y ≤ floor.
    private static void mask(float[] y, int yo, float floor, float[] dy, int go, float[] g, int to, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector.fromArray(SPECIES, dy, go + i)
                    .blend(0, FloatVector.fromArray(SPECIES, y, yo + i).compare(VectorOperators.LE, floor))
                    .intoArray(g, to + i);
        }
        for (; i < n; i++) g[to + i] = y[yo + i] <= floor ? 0 : dy[go + i];
    }

    private static void run(float[] x, int xo, float m, float a, float b, float floor, float[] y, int yo, int n) {
        FloatVector mean = FloatVector.broadcast(SPECIES, m), scale = FloatVector.broadcast(SPECIES, a);
        FloatVector shift = FloatVector.broadcast(SPECIES, b), low = FloatVector.broadcast(SPECIES, floor);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xo + i).sub(mean).fma(scale, shift);
            v.blend(low, v.compare(VectorOperators.LE, low)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            float v = Math.fma(x[xo + i] - m, a, b);
            y[yo + i] = v <= floor ? floor : v;
        }
    }

    /// The same with m, a and b of each element, one after the other in `c`.
    private static void row(float[] x, int xo, float[] c, float floor, float[] y, int yo, int n) {
        FloatVector low = FloatVector.broadcast(SPECIES, floor);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xo + i).sub(FloatVector.fromArray(SPECIES, c, i))
                    .fma(FloatVector.fromArray(SPECIES, c, n + i), FloatVector.fromArray(SPECIES, c, 2 * n + i));
            v.blend(low, v.compare(VectorOperators.LE, low)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            float v = Math.fma(x[xo + i] - c[i], c[n + i], c[2 * n + i]);
            y[yo + i] = v <= floor ? floor : v;
        }
    }

    private static void gradientRun(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, float m,
            float a, float k, float s, float[] dx, int to, int n) {
        FloatVector mean = FloatVector.broadcast(SPECIES, m), scale = FloatVector.broadcast(SPECIES, a);
        FloatVector along = FloatVector.broadcast(SPECIES, k), shift = FloatVector.broadcast(SPECIES, s);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, go + i)
                    .blend(0, FloatVector.fromArray(SPECIES, y, yo + i).compare(VectorOperators.LE, floor));
            FloatVector centred = FloatVector.fromArray(SPECIES, x, xo + i).sub(mean);
            g.fma(scale, centred.fma(along, shift)).intoArray(dx, to + i);
        }
        for (; i < n; i++) {
            float g = y[yo + i] <= floor ? 0 : dy[go + i];
            dx[to + i] = Math.fma(g, a, Math.fma(x[xo + i] - m, k, s));
        }
    }

    /// The same with m, a, k and s of each element, one after the other in `c`.
    private static void gradientRow(float[] x, int xo, float[] y, int yo, float floor, float[] dy, int go, float[] c,
            float[] dx, int to, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, go + i)
                    .blend(0, FloatVector.fromArray(SPECIES, y, yo + i).compare(VectorOperators.LE, floor));
            FloatVector centred = FloatVector.fromArray(SPECIES, x, xo + i).sub(FloatVector.fromArray(SPECIES, c, i));
            FloatVector rest = centred.fma(FloatVector.fromArray(SPECIES, c, 2 * n + i),
                    FloatVector.fromArray(SPECIES, c, 3 * n + i));
            g.fma(FloatVector.fromArray(SPECIES, c, n + i), rest).intoArray(dx, to + i);
        }
        for (; i < n; i++) {
            float g = y[yo + i] <= floor ? 0 : dy[go + i];
            dx[to + i] = Math.fma(g, c[n + i], Math.fma(x[xo + i] - c[i], c[2 * n + i], c[3 * n + i]));
        }
    }
}
