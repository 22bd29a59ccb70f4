package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.Lanes.COLUMNS;

import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import java.util.Arrays;

/// [NtXent], its gradient, and both at once. No matrix of similarities is stored as a whole: it is made in pieces, and
/// only half of it, because it is symmetric ([NtXentPairs]); of the whole matrix where the temperature is very small
/// ([NtXentRunning]). Multiply-adds: M² D/2 forward, 3 M² D/2 backward, and 3 M² D/2 for both at once if M is not too
/// large for the exponentials to be kept.
final class NtXents {

    private NtXents() {}

    static void forward(NtXent op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1), lo = at(out[1]);
        float[] lse = floats(out[1]), u = unitRows(parallel, in[0], floats(out[2]), at(out[2]));
        Similarities similarities = Similarities.of(parallel, u, m, d);
        double[] logSums;
        double inverse;
        if (NtXentPairs.safe(op.temperature(), m)) {
            NtXentPairs pairs = NtXentPairs.of(similarities, op.temperature(), false);
            logSums = logs(parallel, pairs);
            inverse = pairs.inverse();
        } else {
            NtXentRunning running = new NtXentRunning(similarities, (float) (1 / op.temperature()));
            logSums = running.logSums(parallel);
            inverse = running.inverse();
        }
        for (int i = 0; i < m; i++) lse[lo + i] = (float) logSums[i];
        floats(out[0])[at(out[0])] = (float) loss(parallel, u, m, d, logSums, inverse);
    }

    static void backward(NtXentGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1), lo = at(in[1]);
        float[] r = floats(in[2]), u = Scratch.UNIT_ROWS.floats(m * d);
        UnitRows.scale(parallel, floats(in[0]), at(in[0]), m, d, r, at(in[2]), u, 0);
        quieten(u, r, at(in[2]), m, d);
        Similarities similarities = Similarities.of(parallel, u, m, d);
        double[] lse = new double[m];
        for (int i = 0; i < m; i++) lse[i] = floats(in[1])[lo + i];
        float[] products = NtXentPairs.safe(op.temperature(), m)
                ? products(parallel, NtXentPairs.of(similarities, op.temperature(), false), lse)
                : products(parallel, new NtXentRunning(similarities, (float) (1 / op.temperature())), lse);
        double factor = floats(in[3])[at(in[3])] / (m * op.temperature());
        gradient(parallel, similarities, u, products, r, at(in[2]), factor, floats(out[0]), at(out[0]));
    }

    static void both(NtXentAndGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1);
        float[] r = new float[m], u = unitRows(parallel, in[0], r, 0), products;
        Similarities similarities = Similarities.of(parallel, u, m, d);
        double[] logSums;
        double inverse;
        if (NtXentPairs.safe(op.temperature(), m)) {
            NtXentPairs pairs = NtXentPairs.of(similarities, op.temperature(), true);
            logSums = logs(parallel, pairs);
            inverse = pairs.inverse();
            products = products(parallel, pairs, logSums);
        } else {
            NtXentRunning running = new NtXentRunning(similarities, (float) (1 / op.temperature()));
            logSums = running.logSums(parallel);
            inverse = running.inverse();
            products = products(parallel, running, logSums);
        }
        floats(out[0])[at(out[0])] = (float) loss(parallel, u, m, d, logSums, inverse);
        gradient(parallel, similarities, u, products, r, 0, 1 / (m * op.temperature()), floats(out[1]), at(out[1]));
    }

    private static float[] unitRows(Parallel parallel, Tensor z, float[] r, int ro) {
        int m = z.dim(0), d = z.dim(1);
        float[] u = Scratch.UNIT_ROWS.floats(m * d);
        UnitRows.normalize(parallel, floats(z), at(z), m, d, NtXent.EPSILON, r, ro, u, 0);
        quieten(u, r, ro, m, d);
        return u;
    }

    /// Writes the one NaN of Java over all others, in rows without a finite length: [Powers] asks for it.
    private static void quieten(float[] u, float[] r, int ro, int m, int d) {
        for (int i = 0; i < m; i++) {
            if (r[ro + i] > 0) continue;
            for (int j = i * d; j < (i + 1) * d; j++) {
                if (Float.isNaN(u[j])) u[j] = Float.NaN;
            }
        }
    }

    private static double[] logs(Parallel parallel, NtXentPairs pairs) {
        double[] lse = pairs.sums(parallel);
        for (int i = 0; i < lse.length; i++) lse[i] = pairs.inverse() + Math.log(lse[i]);
        return lse;
    }

    private static float[] products(Parallel parallel, NtXentPairs pairs, double[] lse) {
        float[] factors = new float[(lse.length + COLUMNS - 1) / COLUMNS * COLUMNS];
        for (int i = 0; i < lse.length; i++) factors[i] = (float) Math.exp(pairs.inverse() - lse[i]);
        return pairs.products(parallel, factors);
    }

    private static float[] products(Parallel parallel, NtXentRunning running, double[] lse) {
        return running.products(parallel, NtXentWeights.of(lse, running.inverse()));
    }

    private static int partner(int row, int m) {
        return row < m / 2 ? row + m / 2 : row - m / 2;
    }

    /// The mean of lseᵢ − sᵢₚ₍ᵢ₎.
    private static double loss(Parallel parallel, float[] u, int m, int d, double[] lse, double inverse) {
        double[] losses = new double[m];
        Chunks.each(parallel, m, d, i -> losses[i] = lse[i]
                - Doubles.dot(u, i * d, u, partner(i, m) * d, d, new double[Doubles.WIDTH]) * inverse);
        return Arrays.stream(losses).sum() / m;
    }

    /// dz from Σⱼ wᵢⱼ uⱼ, given in panels of columns: the positive is taken off, and then it goes through the length.
    private static void gradient(Parallel parallel, Similarities s, float[] u, float[] products, float[] r, int ro,
            double factor, float[] dz, int to) {
        int m = s.m(), d = s.d();
        Chunks.each(parallel, s.panels(), d * COLUMNS, panel -> {
            int start = panel * COLUMNS, count = Math.min(COLUMNS, m - start);
            double[] room = new double[Doubles.WIDTH];
            Transpose.separate(products, panel * s.productSize(), COLUMNS, count, d, dz, to + start * d, d);
            for (int i = start; i < start + count; i++) {
                int row = to + i * d, other = partner(i, m) * d;
                for (int j = 0; j < d; j++) dz[row + j] -= 2 * u[other + j];
                UnitRows.backward(u, i * d, d, r[ro + i], NtXent.EPSILON, dz, row, factor, dz, row, room);
            }
        });
    }
}
