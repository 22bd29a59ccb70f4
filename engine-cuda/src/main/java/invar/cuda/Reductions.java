package invar.cuda;

import invar.core.ReductionOp;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Tensor;
import invar.core.spi.Broadcast;
import java.util.ArrayList;
import java.util.List;

/// Sums and maxima over axes (`reductions.cu`), softmaxes (`softmax.cu`), and the broadcast that undoes a sum.
///
/// Sums over several axes become passes over one axis each, the longest first. How a pass is cut depends on extents
/// alone, so that every device adds in the same order.
final class Reductions {

    private static final int BLOCK = 256, WARP = 32;

    /// The longest row that lanes of one warp reduce.
    private static final int ROW = 1024;

    /// Below this many blocks, a long axis is cut into parts; about this many times two are then started.
    private static final int FEW_BLOCKS = 512;

    /// Terms of a thread, at least, where an axis is cut.
    private static final int TERMS = 32;

    private static final int LOG_SUM_EXP = 0, SOFTMAX = 1, LOG_SOFTMAX = 2;

    private Reductions() {}

    static void execute(ReductionOp op, Tensor in, Tensor out, Gpu gpu) {
        switch (op) {
            case SumTo s -> reduce("sum", in, out, gpu);
            case MaxTo m -> reduce("max", in, out, gpu);
            case BroadcastTo b -> {
                long n = out.shape().elements();
                if (n == in.shape().elements()) Movements.copy(in, out, gpu);
                else gpu.kernel("strided").tensor(in).tensor(out).i64(n)
                        .repeat(Broadcast.of(out.shape(), in.shape())).elements(n);
            }
            case LogSumExp l -> softmax(LOG_SUM_EXP, l.axis(), in, out, gpu);
            case Softmax s -> softmax(SOFTMAX, s.axis(), in, out, gpu);
            case LogSoftmax s -> softmax(LOG_SOFTMAX, s.axis(), in, out, gpu);
        }
    }

    /// (outer, n, inner) to (outer, parts, inner), a part being `each` terms of n.
    private record Pass(long outer, long n, long inner, long each) {

        /// Cut if there is too little work side by side.
        static Pass of(long outer, long n, long inner) {
            Pass whole = new Pass(outer, n, inner, n);
            return whole.inRows() ? whole : new Pass(outer, n, inner, whole.each(Integer.MAX_VALUE));
        }

        /// Terms of a part if there are to be `most` parts at most.
        long each(int most) {
            long tiles = tiles(), shortest = (long) (BLOCK >> shift()) * TERMS;
            if (tiles >= FEW_BLOCKS || n < 2 * shortest) return n;
            long parts = Math.min(most, Math.min(2 * FEW_BLOCKS / tiles, n / shortest));
            return (n + parts - 1) / parts;
        }

        long parts() {
            return (n + each - 1) / each;
        }

        long columns() {
            return outer * inner;
        }

        /// True if lanes of one warp take whole rows.
        boolean inRows() {
            return inner == 1 && n <= ROW;
        }

        /// The binary logarithm of the columns of a tile: as wide as what is contiguous, up to a warp, but wider if
        /// the axis is too short for the threads of a column.
        int shift() {
            int shift = logarithm(Math.min(inner, WARP));
            while (1 << shift < BLOCK && BLOCK >> shift > n) shift++;
            return shift;
        }

        long tiles() {
            return (columns() + (1L << shift()) - 1) >> shift();
        }

        void run(String kind, long x, long y, Gpu gpu) {
            if (inRows()) {
                int lanes = logarithm(Math.min(WARP, (n + 3) / 4));
                gpu.kernel(kind + "_rows").address(x).address(y).i64(outer).i32((int) n).i32(lanes)
                        .blocks(blocks(outer << lanes), BLOCK, 0);
            } else {
                gpu.kernel(kind + "_tiles").address(x).address(y).i64(columns()).i64(n).i64(inner).i64(each)
                        .i32(shift()).grid(tiles(), parts(), 1, BLOCK, 0);
            }
        }
    }

    private static void reduce(String kind, Tensor in, Tensor out, Gpu gpu) {
        if (in.shape().elements() == out.shape().elements()) {
            Movements.copy(in, out, gpu);
            return;
        }
        List<Pass> passes = passes(Broadcast.of(in.shape(), out.shape()));
        long between = 0;
        for (Pass pass : passes.subList(0, passes.size() - 1)) between += pass.columns() * pass.parts();
        long x = CudaStorage.address(in), y = between == 0 ? 0 : gpu.memory().scratch(4 * between);
        for (Pass pass : passes) {
            boolean last = pass == passes.getLast();
            pass.run(kind, x, last ? CudaStorage.address(out) : y, gpu);
            x = y;
            y += 4 * pass.columns() * pass.parts();
        }
    }

    /// What makes a tensor as small as `to` says: one axis at a time, the longest of those that are left.
    private static List<Pass> passes(Broadcast to) {
        int axes = to.axes();
        long[] extents = new long[axes];
        boolean[] summed = new boolean[axes];
        for (int i = 0; i < axes; i++) {
            extents[i] = to.extents()[i];
            summed[i] = to.strides()[i] == 0;
        }
        List<Pass> passes = new ArrayList<>();
        while (true) {
            int longest = -1;
            for (int i = 0; i < axes; i++) {
                if (summed[i] && extents[i] > 1 && (longest < 0 || extents[i] > extents[longest])) longest = i;
            }
            if (longest < 0) return passes;
            long outer = 1, inner = 1;
            for (int i = 0; i < longest; i++) outer *= extents[i];
            for (int i = longest + 1; i < axes; i++) inner *= extents[i];
            Pass pass = Pass.of(outer, extents[longest], inner);
            passes.add(pass);
            extents[longest] = pass.parts();
        }
    }

    private static void softmax(int kind, int axis, Tensor in, Tensor out, Gpu gpu) {
        int rank = in.shape().rank(), n = in.dim(axis);
        long outer = in.shape().product(0, axis), inner = in.shape().product(axis + 1, rank);
        if (inner == 1 && n <= ROW) {
            boolean small = n <= 8 * WARP;
            int lanes = small ? logarithm((n + 7) / 8) : logarithm(WARP);
            gpu.kernel(small ? "softmax_short" : "softmax_medium").tensor(in).tensor(out).i64(outer).i32(n).i32(lanes)
                    .i32(kind).blocks(blocks(outer << lanes), BLOCK, 0);
            return;
        }
        Pass whole = new Pass(outer, n, inner, n), cut = new Pass(outer, n, inner, whole.each(64));
        long columns = cut.columns();
        int shift = cut.shift();
        if (cut.parts() == 1) {
            gpu.kernel("softmax_tiles").tensor(in).tensor(out).i64(columns).i64(n).i64(inner).i32(shift).i32(kind)
                    .blocks(cut.tiles(), BLOCK, 0);
            return;
        }
        long parts = gpu.memory().scratch(12 * columns * cut.parts());
        gpu.kernel("softmax_parts").tensor(in).address(parts).i64(columns).i64(n).i64(inner).i64(cut.each()).i32(shift)
                .grid(cut.tiles(), cut.parts(), 1, BLOCK, 0);
        gpu.kernel("softmax_finish").tensor(in).address(parts).tensor(out).i64(columns).i64(n).i64(inner)
                .i64(cut.each()).i32(shift).i32(kind).grid(cut.tiles(), cut.parts(), 1, BLOCK, 0);
    }

    private static long blocks(long threads) {
        return (threads + BLOCK - 1) / BLOCK;
    }

    /// The least k with 2^k ≥ n.
    private static int logarithm(long n) {
        return 64 - Long.numberOfLeadingZeros(n - 1);
    }
}
