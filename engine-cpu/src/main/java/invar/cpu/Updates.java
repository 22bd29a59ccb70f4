package invar.cpu;

import invar.core.DType;
import invar.core.Op;
import invar.core.Philox;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Fill;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;
import java.util.Arrays;

/// In-place updates: assignments, random numbers, optimiser steps.
final class Updates {

    private static final int CHUNK = 1 << 15;

    private Updates() {}

    static void execute(Op.InPlace op, Tensor[] in, Parallel parallel) {
        if (in[0].dtype() == DType.I32) {
            integers((Assign) op, in[0], in[1]);
            return;
        }
        float[] y = CpuStorage.floats(in[0]);
        int yo = CpuStorage.at(in[0]), size = in[0].size();
        switch (op) {
            case Assign assign -> assign(assign, in, parallel);
            case Fill f -> Arrays.fill(y, yo, yo + size, (float) f.value());
            case Random r -> parallel.run((size + CHUNK - 1) / CHUNK, task -> {
                int from = task * CHUNK;
                random(r, from, y, yo + from, Math.min(CHUNK, size - from));
            });
            case SgdUpdate s -> sgd(s, in, scalar(in[3]), parallel);
            case AdamUpdate a -> adam(a, in, scalar(in[4]), scalar(in[5]), parallel);
            case LarsUpdate l -> lars(l, in, scalar(in[3]), parallel);
        }
    }

    private static float scalar(Tensor tensor) {
        return CpuStorage.floats(tensor)[CpuStorage.at(tensor)];
    }

    private static void integers(Assign assign, Tensor to, Tensor from) {
        int[] y = CpuStorage.ints(to), x = CpuStorage.ints(from);
        int yo = CpuStorage.at(to), xo = CpuStorage.at(from);
        for (int i = 0; i < to.size(); i++) y[yo + i] = assign == Assign.ACCUMULATE ? y[yo + i] + x[xo + i] : x[xo + i];
    }

    private static void assign(Assign assign, Tensor[] in, Parallel parallel) {
        float[] y = CpuStorage.floats(in[0]), x = CpuStorage.floats(in[1]);
        int yAt = CpuStorage.at(in[0]), xAt = CpuStorage.at(in[1]), size = in[0].size();
        float c = in.length > 2 ? scalar(in[2]) : 0;
        parallel.run((size + CHUNK - 1) / CHUNK, task -> {
            int from = task * CHUNK, n = Math.min(CHUNK, size - from), yo = yAt + from, xo = xAt + from;
            switch (assign) {
                case COPY -> System.arraycopy(x, xo, y, yo, n);
                case ACCUMULATE -> {
                    for (int i = 0; i < n; i++) y[yo + i] += x[xo + i];
                }
                case DESCEND -> {
                    for (int i = 0; i < n; i++) y[yo + i] -= c * x[xo + i];
                }
                case AVERAGE -> {
                    float rest = (float) (1 - (double) c);
                    for (int i = 0; i < n; i++) y[yo + i] = c * y[yo + i] + rest * x[xo + i];
                }
            }
        });
    }

    /// Elements `from` … `from + n − 1` of the stream.
    private static void random(Random r, int from, float[] y, int yo, int n) {
        int[] word = new int[4];
        boolean uniform = r.distribution() == Distribution.UNIFORM;
        long blockIndex = -1;
        for (int i = 0; i < n; i++) {
            long first = uniform ? from + i : 2L * (from + i);
            if (first >>> 2 != blockIndex) {
                blockIndex = first >>> 2;
                Philox.block(r.seed(), r.stream(), blockIndex, word);
            }
            int at = (int) (first & 3);
            y[yo + i] = uniform ? (word[at] >>> 8) * 0x1p-24f : (float) Philox.gaussian(word[at], word[at + 1]);
        }
    }

    private static void sgd(SgdUpdate s, Tensor[] in, float lr, Parallel parallel) {
        float[] p = CpuStorage.floats(in[0]), v = CpuStorage.floats(in[1]), g = CpuStorage.floats(in[2]);
        int po = CpuStorage.at(in[0]), vo = CpuStorage.at(in[1]), go = CpuStorage.at(in[2]), size = in[0].size();
        float momentum = (float) s.momentum(), decay = (float) s.weightDecay();
        parallel.run((size + CHUNK - 1) / CHUNK, task -> {
            int end = Math.min(size, (task + 1) * CHUNK);
            for (int i = task * CHUNK; i < end; i++) {
                float gradient = g[go + i] + decay * p[po + i];
                float velocity = momentum * v[vo + i] + gradient;
                v[vo + i] = velocity;
                p[po + i] -= lr * (s.nesterov() ? gradient + momentum * velocity : velocity);
            }
        });
    }

    private static void adam(AdamUpdate a, Tensor[] in, float lr, float t, Parallel parallel) {
        float[] p = CpuStorage.floats(in[0]), m = CpuStorage.floats(in[1]), v = CpuStorage.floats(in[2]);
        float[] g = CpuStorage.floats(in[3]);
        int po = CpuStorage.at(in[0]), mo = CpuStorage.at(in[1]), vo = CpuStorage.at(in[2]), go = CpuStorage.at(in[3]);
        int size = in[0].size();
        float b1 = (float) a.beta1(), b2 = (float) a.beta2(), epsilon = (float) a.epsilon();
        float c1 = (float) (1 - a.beta1()), c2 = (float) (1 - a.beta2());
        float step = (float) (lr / (1 - Math.pow(a.beta1(), t)));               // lr / (1 − β₁ᵗ)
        float vScale = (float) (1 / (1 - Math.pow(a.beta2(), t)));
        float keep = a.decoupled() ? (float) (1 - lr * a.weightDecay()) : 1;
        float decay = a.decoupled() ? 0 : (float) a.weightDecay();
        parallel.run((size + CHUNK - 1) / CHUNK, task -> {
            int end = Math.min(size, (task + 1) * CHUNK);
            for (int i = task * CHUNK; i < end; i++) {
                float gradient = g[go + i] + decay * p[po + i];
                float first = b1 * m[mo + i] + c1 * gradient, second = b2 * v[vo + i] + c2 * gradient * gradient;
                m[mo + i] = first;
                v[vo + i] = second;
                p[po + i] = keep * p[po + i] - step * first / ((float) Math.sqrt(second * vScale) + epsilon);
            }
        });
    }

    private static void lars(LarsUpdate l, Tensor[] in, float lr, Parallel parallel) {
        float[] p = CpuStorage.floats(in[0]), v = CpuStorage.floats(in[1]), g = CpuStorage.floats(in[2]);
        int po = CpuStorage.at(in[0]), vo = CpuStorage.at(in[1]), go = CpuStorage.at(in[2]), size = in[0].size();
        int pieces = (size + CHUNK - 1) / CHUNK;
        double[][] squares = new double[pieces][3];                             // Σp², Σg², Σd² of each piece
        parallel.run(pieces, task -> {
            int end = Math.min(size, (task + 1) * CHUNK);
            double p2 = 0, g2 = 0, d2 = 0;
            for (int i = task * CHUNK; i < end; i++) {
                double weight = p[po + i], gradient = g[go + i], d = gradient + l.weightDecay() * weight;
                p2 += weight * weight;
                g2 += gradient * gradient;
                d2 += d * d;
            }
            squares[task] = new double[] {p2, g2, d2};
        });
        double p2 = 0, g2 = 0, d2 = 0;
        for (double[] piece : squares) {
            p2 += piece[0];
            g2 += piece[1];
            d2 += piece[2];
        }
        boolean inside = l.form() == LarsUpdate.Form.SIMCLR;                    // the learning rate inside the momentum
        float ratio = (float) (l.trustRatio(Math.sqrt(p2), Math.sqrt(g2), Math.sqrt(d2), lr) * (inside ? lr : 1));
        float decay = (float) l.decay(Math.sqrt(p2), Math.sqrt(g2)), momentum = (float) l.momentum();
        float rate = inside ? 1 : lr;
        parallel.run(pieces, task -> {
            int end = Math.min(size, (task + 1) * CHUNK);
            for (int i = task * CHUNK; i < end; i++) {
                float d = ratio * (g[go + i] + decay * p[po + i]);
                float velocity = momentum * v[vo + i] + d;
                v[vo + i] = velocity;
                p[po + i] -= rate * (l.nesterov() ? d + momentum * velocity : velocity);
            }
        });
    }
}
