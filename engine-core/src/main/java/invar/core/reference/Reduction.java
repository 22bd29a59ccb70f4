package invar.core.reference;

import invar.core.ReductionOp;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Tensor;
import invar.core.spi.Broadcast;

/// Sums, maxima and softmaxes along axes.
final class Reduction {

    private Reduction() {}

    static void execute(ReductionOp op, Tensor in, Tensor out) {
        Array x = new Array(in), y = new Array(out);
        switch (op) {
            case SumTo s -> {
                Broadcast to = Broadcast.of(in.shape(), out.shape());
                y.fill(0);
                for (int i = 0; i < x.size; i++) y.add((int) to.place(i), x.at(i));
            }
            case MaxTo m -> {
                Broadcast to = Broadcast.of(in.shape(), out.shape());
                y.fill(Double.NEGATIVE_INFINITY);
                for (int i = 0; i < x.size; i++) {
                    int place = (int) to.place(i);
                    y.set(place, Math.max(y.at(place), x.at(i)));
                }
            }
            case BroadcastTo b -> {
                Broadcast from = Broadcast.of(out.shape(), in.shape());
                for (int i = 0; i < y.size; i++) y.set(i, x.at((int) from.place(i)));
            }
            case LogSumExp l -> eachSlice(in, l.axis(), (start, stride, n, slice) ->
                    y.set(slice, logSumExp(x, start, stride, n)));
            case Softmax s -> eachSlice(in, s.axis(), (start, stride, n, slice) -> {
                double lse = logSumExp(x, start, stride, n);
                for (int i = 0; i < n; i++) y.set(start + i * stride, Math.exp(x.at(start + i * stride) - lse));
            });
            case LogSoftmax s -> eachSlice(in, s.axis(), (start, stride, n, slice) -> {
                double max = max(x, start, stride, n), log = Math.log(sumExp(x, start, stride, n, max));
                for (int i = 0; i < n; i++) y.set(start + i * stride, x.at(start + i * stride) - max - log);
            });
        }
    }

    /// One slice along an axis: elements `start + i · stride` for i < n, the slice's number counting row-major.
    private interface Slice {
        void visit(int start, int stride, int n, int slice);
    }

    private static void eachSlice(Tensor x, int axis, Slice body) {
        int n = x.dim(axis), stride = (int) x.shape().product(axis + 1, x.shape().rank());
        int outer = (int) x.shape().product(0, axis);
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < stride; i++) body.visit(o * n * stride + i, stride, n, o * stride + i);
        }
    }

    /// m + ln Σ e^(x − m): with the maximum taken out no exponential overflows.
    private static double logSumExp(Array x, int start, int stride, int n) {
        double max = max(x, start, stride, n);
        if (max == Double.NEGATIVE_INFINITY) return max;
        return max + Math.log(sumExp(x, start, stride, n, max));
    }

    private static double max(Array x, int start, int stride, int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) max = Math.max(max, x.at(start + i * stride));
        return max;
    }

    private static double sumExp(Array x, int start, int stride, int n, double max) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Math.exp(x.at(start + i * stride) - max);
        return sum;
    }
}
