package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.DType;
import invar.core.Op;
import invar.core.Philox;
import invar.core.Tensor;
import invar.core.UpdateOp.Advance;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Fill;
import invar.core.UpdateOp.PutRows;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// In-place updates: assignments, random numbers, optimiser steps.
final class Updates {

    private Updates() {}

    static void execute(Op.InPlace op, Tensor[] in, Parallel parallel) {
        if (op instanceof PutRows) {
            putRows(in[0], in[1], CpuStorage.ints(in[2])[CpuStorage.at(in[2])]);
            return;
        }
        if (in[0].dtype() == DType.I32) {
            if (op instanceof Advance a) advance(a, in[0]);
            else integers((Assign) op, in[0], in[1]);
            return;
        }
        float[] y = CpuStorage.floats(in[0]);
        int yo = CpuStorage.at(in[0]), size = in[0].size();
        switch (op) {
            case Assign assign -> assign(assign, in, parallel);
            case PutRows _, Advance _ -> throw new AssertionError(op);                   // done above
            case Fill f -> Arrays.fill(y, yo, yo + size, (float) f.value());
            case Random r -> eachChunk(size, parallel, (from, n) -> random(r, from, y, yo + from, n));
            case SgdUpdate s -> sgd(s, in, scalar(in[3]), parallel);
            case AdamUpdate a -> adam(a, in, scalar(in[4]), scalar(in[5]), parallel);
            case LarsUpdate l -> lars(l, in, scalar(in[3]), parallel);
        }
    }

    private static float scalar(Tensor tensor) {
        return CpuStorage.floats(tensor)[CpuStorage.at(tensor)];
    }

    private static void putRows(Tensor y, Tensor x, int at) {
        long row = x.size() / x.dim(0), to = at * row;
        int skip = Math.clamp(-to, 0, x.size());                              // rows before the first
        int count = Math.clamp(y.size() - to, skip, x.size()) - skip;         // rows behind the last
        if (count == 0) return;
        Object from = y.dtype() == DType.I32 ? CpuStorage.ints(x) : CpuStorage.floats(x);
        Object into = y.dtype() == DType.I32 ? CpuStorage.ints(y) : CpuStorage.floats(y);
        System.arraycopy(from, CpuStorage.at(x) + skip, into, (int) (CpuStorage.at(y) + to + skip), count);
    }

    private static void advance(Advance a, Tensor place) {
        int[] y = CpuStorage.ints(place);
        int yo = CpuStorage.at(place);
        for (int i = 0; i < place.size(); i++) y[yo + i] = (y[yo + i] + a.by()) % a.modulus();
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
        eachChunk(size, parallel, (from, n) -> {
            int yo = yAt + from, xo = xAt + from;
            switch (assign) {
                case COPY -> System.arraycopy(x, xo, y, yo, n);
                case ACCUMULATE -> Arithmetic.add(y, yo, x, xo, y, yo, n);
                case DESCEND -> Arithmetic.mix(1, y, yo, -c, x, xo, n);
                case AVERAGE -> Arithmetic.mix(c, y, yo, (float) (1 - (double) c), x, xo, n);
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
        eachChunk(size, parallel, (from, n) -> Momentum.step(
                p, po + from, v, vo + from, g, go + from, n, 1, decay, momentum, lr, s.nesterov()));
    }

    private static void adam(AdamUpdate a, Tensor[] in, float lr, float t, Parallel parallel) {
        float[] p = CpuStorage.floats(in[0]), m = CpuStorage.floats(in[1]), v = CpuStorage.floats(in[2]);
        float[] g = CpuStorage.floats(in[3]);
        int po = CpuStorage.at(in[0]), mo = CpuStorage.at(in[1]), vo = CpuStorage.at(in[2]), go = CpuStorage.at(in[3]);
        float step = (float) (lr / (1 - Math.pow(a.beta1(), t)));               // lr / (1 − β₁ᵗ)
        float vScale = (float) (1 / (1 - Math.pow(a.beta2(), t)));
        float keep = a.decoupled() ? (float) (1 - lr * a.weightDecay()) : 1;
        float decay = a.decoupled() ? 0 : (float) a.weightDecay();
        eachChunk(in[0].size(), parallel, (from, n) -> adam(
                a, step, vScale, keep, decay, p, po + from, m, mo + from, v, vo + from, g, go + from, n));
    }

    private static void adam(AdamUpdate a, float step, float vScale, float keep, float decay, float[] p, int po,
            float[] m, int mo, float[] v, int vo, float[] g, int go, int n) {
        float b1 = (float) a.beta1(), b2 = (float) a.beta2(), epsilon = (float) a.epsilon();
        float c1 = (float) (1 - a.beta1()), c2 = (float) (1 - a.beta2());
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector weight = FloatVector.fromArray(SPECIES, p, po + i);
            FloatVector gradient = weight.mul(decay).add(FloatVector.fromArray(SPECIES, g, go + i));
            FloatVector first = FloatVector.fromArray(SPECIES, m, mo + i).mul(b1).add(gradient.mul(c1));
            FloatVector second = FloatVector.fromArray(SPECIES, v, vo + i).mul(b2).add(gradient.mul(c2).mul(gradient));
            first.intoArray(m, mo + i);
            second.intoArray(v, vo + i);
            weight.mul(keep).sub(first.mul(step).div(second.mul(vScale).sqrt().add(epsilon))).intoArray(p, po + i);
        }
        for (; i < n; i++) {
            float gradient = decay * p[po + i] + g[go + i];
            float first = b1 * m[mo + i] + c1 * gradient, second = b2 * v[vo + i] + c2 * gradient * gradient;
            m[mo + i] = first;
            v[vo + i] = second;
            p[po + i] = keep * p[po + i] - step * first / ((float) Math.sqrt(second * vScale) + epsilon);
        }
    }

    private static void lars(LarsUpdate l, Tensor[] in, float lr, Parallel parallel) {
        float[] p = CpuStorage.floats(in[0]), v = CpuStorage.floats(in[1]), g = CpuStorage.floats(in[2]);
        int po = CpuStorage.at(in[0]), vo = CpuStorage.at(in[1]), go = CpuStorage.at(in[2]), size = in[0].size();
        int pieces = (size + Chunks.SIZE - 1) / Chunks.SIZE;
        double[][] squares = new double[pieces][3];                             // Σp², Σg², Σd² of each piece
        eachChunk(size, parallel, (from, n) -> {
            double[] room = new double[Doubles.WIDTH];
            squares[from / Chunks.SIZE] = new double[] {
                Doubles.dot(p, po + from, p, po + from, n, room),
                Doubles.dot(g, go + from, g, go + from, n, room),
                decayed(p, po + from, l.weightDecay(), g, go + from, n, room)
            };
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
        eachChunk(size, parallel, (from, n) -> Momentum.step(
                p, po + from, v, vo + from, g, go + from, n, ratio, decay, momentum, rate, l.nesterov()));
    }

    /// Σ (g + decay p)²
    private static double decayed(float[] p, int po, double decay, float[] g, int go, int n, double[] room) {
        DoubleVector sum = DoubleVector.zero(Doubles.SPECIES);
        int i = 0;
        for (; i <= n - Doubles.WIDTH; i += Doubles.WIDTH) {
            DoubleVector d = Doubles.load(p, po + i).mul(decay).add(Doubles.load(g, go + i));
            sum = d.fma(d, sum);
        }
        double total = Doubles.sum(sum, room);
        for (; i < n; i++) {
            double d = p[po + i] * decay + g[go + i];
            total += d * d;
        }
        return total;
    }

    /// Elements `from` … `from + n − 1`.
    private interface Chunk {
        void visit(int from, int n);
    }

    private static void eachChunk(int size, Parallel parallel, Chunk body) {
        parallel.run((size + Chunks.SIZE - 1) / Chunks.SIZE, task -> {
            int from = task * Chunks.SIZE;
            body.visit(from, Math.min(Chunks.SIZE, size - from));
        });
    }
}
