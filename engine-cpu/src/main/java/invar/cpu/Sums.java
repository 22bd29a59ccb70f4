package invar.cpu;

import java.util.Arrays;

import invar.core.Tensor;
import invar.core.spi.Broadcast;

/// Sums and maxima over axes, and the broadcast that undoes them. Sums are taken in double precision over pieces whose
/// borders depend on sizes alone, so the result is the same on any number of threads.
final class Sums {

    /// Elements a task.
    private static final int CHUNK = 1 << 15;

    private Sums() {}

    /// y = Σ x over the axes that `out` lacks.
    static void sumTo(Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), size = in.size();
        Broadcast to = Broadcast.of(in.shape(), out.shape());
        int[] extents = to.extents();
        long[] strides = to.strides();
        int axes = to.axes();
        if (axes == 1 && strides[0] == 0) {                                     // everything
            y[yo] = (float) total(x, xo, size, parallel);
        } else if (axes == 1) {                                                 // nothing
            System.arraycopy(x, xo, y, yo, size);
        } else if (axes == 2 && strides[1] == 0) {                              // each row
            int n = extents[1];
            eachBlock(extents[0], n, parallel, row -> y[yo + row] = (float) sum(x, xo + row * n, n));
        } else if (axes == 2) {                                                 // each column
            columns(x, xo, extents[0], extents[1], y, yo, parallel);
        } else if (axes == 3 && strides[0] == 0) {                              // each channel of (outer, n, inner)
            int outer = extents[0], n = extents[1], inner = extents[2];
            eachBlock(n, outer * inner, parallel, c -> {
                double sum = 0;
                for (int o = 0; o < outer; o++) sum += sum(x, xo + (o * n + c) * inner, inner);
                y[yo + c] = (float) sum;
            });
        } else {
            double[] sums = new double[out.size()];
            for (int i = 0; i < size; i++) sums[(int) to.place(i)] += x[xo + i];
            for (int i = 0; i < sums.length; i++) y[yo + i] = (float) sums[i];
        }
    }

    /// y = max x over the axes that `out` lacks; NaN wins.
    static void maxTo(Tensor in, Tensor out) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out);
        Broadcast to = Broadcast.of(in.shape(), out.shape());
        int run = to.extents()[to.axes() - 1];
        boolean reduced = to.strides()[to.axes() - 1] == 0;
        Arrays.fill(y, yo, yo + out.size(), Float.NEGATIVE_INFINITY);
        for (int start = 0; start < in.size(); start += run) {
            int at = yo + (int) to.place(start);
            if (reduced) {
                float max = y[at];
                for (int i = 0; i < run; i++) max = Math.max(max, x[xo + start + i]);
                y[at] = max;
            } else {
                for (int i = 0; i < run; i++) y[at + i] = Math.max(y[at + i], x[xo + start + i]);
            }
        }
    }

    /// y = x repeated along the axes that x lacks.
    static void broadcastTo(Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), size = out.size();
        Broadcast from = Broadcast.of(out.shape(), in.shape());
        int run = from.extents()[from.axes() - 1];
        boolean repeats = from.strides()[from.axes() - 1] == 0;
        eachBlock(size / run, run, parallel, r -> {
            int start = r * run, at = xo + (int) from.place(start);
            if (repeats) Arrays.fill(y, yo + start, yo + start + run, x[at]);
            else System.arraycopy(x, at, y, yo + start, run);
        });
    }

    /// Σ x in double: pieces of fixed length side by side, added in order.
    static double total(float[] x, int xo, int size, Parallel parallel) {
        int pieces = (size + CHUNK - 1) / CHUNK;
        if (pieces == 1) return sum(x, xo, size);
        double[] sums = new double[pieces];
        parallel.run(pieces, p -> sums[p] = sum(x, xo + p * CHUNK, Math.min(CHUNK, size - p * CHUNK)));
        double total = 0;
        for (double sum : sums) total += sum;
        return total;
    }

    /// Σ x of one run, in double. Eight sums at once, because one addition takes three or four cycles.
    static double sum(float[] x, int xo, int n) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        int i = 0;
        for (; i <= n - 8; i += 8) {
            s0 += x[xo + i];
            s1 += x[xo + i + 1];
            s2 += x[xo + i + 2];
            s3 += x[xo + i + 3];
            s4 += x[xo + i + 4];
            s5 += x[xo + i + 5];
            s6 += x[xo + i + 6];
            s7 += x[xo + i + 7];
        }
        double sum = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
        for (; i < n; i++) sum += x[xo + i];
        return sum;
    }

    private static void columns(float[] x, int xo, int rows, int columns, float[] y, int yo, Parallel parallel) {
        int block = 256;                                                        // columns a task: 2 KiB of sums
        parallel.run((columns + block - 1) / block, task -> {
            int from = task * block, n = Math.min(block, columns - from);
            double[] sums = new double[n];
            for (int row = 0; row < rows; row++) {
                int at = xo + row * columns + from;
                for (int j = 0; j < n; j++) sums[j] += x[at + j];
            }
            for (int j = 0; j < n; j++) y[yo + from + j] = (float) sums[j];
        });
    }

    /// Calls `body` for 0 … count − 1, several a task if one is less than a task's worth of elements.
    static void eachBlock(int count, int elements, Parallel parallel, java.util.function.IntConsumer body) {
        int perTask = Math.max(1, CHUNK / Math.max(1, elements));
        parallel.run((count + perTask - 1) / perTask, task -> {
            int end = Math.min(count, (task + 1) * perTask);
            for (int i = task * perTask; i < end; i++) body.accept(i);
        });
    }
}
