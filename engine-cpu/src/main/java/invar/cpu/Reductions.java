package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.ReductionOp;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Tensor;
import invar.core.spi.Broadcast;
import java.util.Arrays;

/// Sums, maxima and softmaxes of tensors, handed to [Reduce] and [Rows], and the broadcast that undoes a sum.
final class Reductions {

    /// Elements of a task.
    private static final int TASK = 1 << 15;

    private Reductions() {}

    static void execute(ReductionOp op, Tensor in, Tensor out, Parallel parallel) {
        switch (op) {
            case SumTo s -> {
                Broadcast to = Broadcast.of(in.shape(), out.shape());
                if (in.size() == out.size()) System.arraycopy(floats(in), at(in), floats(out), at(out), in.size());
                else Reduce.sum(parallel, to, floats(in), at(in), floats(out), at(out));
            }
            case MaxTo m -> {
                Broadcast to = Broadcast.of(in.shape(), out.shape());
                if (in.size() == out.size()) System.arraycopy(floats(in), at(in), floats(out), at(out), in.size());
                else Reduce.max(parallel, to, floats(in), at(in), floats(out), at(out));
            }
            case BroadcastTo b -> broadcast(in, out, parallel);
            case LogSumExp l -> rows(Rows.Kind.LOG_SUM_EXP, l.axis(), in, out, parallel);
            case Softmax s -> rows(Rows.Kind.SOFTMAX, s.axis(), in, out, parallel);
            case LogSoftmax s -> rows(Rows.Kind.LOG_SOFTMAX, s.axis(), in, out, parallel);
        }
    }

    private static void rows(Rows.Kind kind, int axis, Tensor in, Tensor out, Parallel parallel) {
        int rank = in.shape().rank(), positive = axis < 0 ? axis + rank : axis;
        int n = in.dim(axis), inner = (int) in.shape().product(positive + 1, rank), outer = in.size() / n / inner;
        Rows.alongColumns(parallel, kind, floats(in), at(in), outer, n, inner, floats(out), at(out));
    }

    /// y = x repeated along the axes that x lacks.
    private static void broadcast(Tensor in, Tensor out, Parallel parallel) {
        float[] x = floats(in), y = floats(out);
        int xo = at(in), yo = at(out);
        Broadcast from = Broadcast.of(out.shape(), in.shape());
        int run = from.extents()[from.axes() - 1], runs = out.size() / run, each = Math.max(1, TASK / run);
        boolean repeats = from.strides()[from.axes() - 1] == 0;
        if (repeats && from.axes() == 2 && from.strides()[0] == 1) {          // each number of x, `run` times
            parallel.run((runs + each - 1) / each, task -> {
                int first = task * each;
                repeat(x, xo + first, Math.min(each, runs - first), y, yo + first * run, run);
            });
            return;
        }
        parallel.run((runs + each - 1) / each, task -> {
            for (int r = task * each; r < Math.min(runs, (task + 1) * each); r++) {
                int start = r * run, at = xo + (int) from.place(start);
                if (repeats) Arrays.fill(y, yo + start, yo + start + run, x[at]);
                else System.arraycopy(x, at, y, yo + start, run);
            }
        });
    }

    private static void repeat(float[] x, int xo, int n, float[] y, int yo, int times) {
        for (int k = 0; k < n; k++) {
            float value = x[xo + k];
            for (int i = yo + k * times; i < yo + (k + 1) * times; i++) y[i] = value;
        }
    }
}
