package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.Tensor;
import invar.core.fused.QueueNce;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [QueueNce]: the queue passes by once, and no logits are stored. A piece of them, some keys times
/// [Lanes#COLUMNS] queries, is turned into powers of two with a running maximum m per query, added up, and multiplied
/// by the keys while it is in the first-level cache; when the maximum grows, what was added up so far is scaled down:
/// ```
/// y = s log₂ e / τ        R = Σ 2^(y − m)        C = Σ 2^(y − m) key
/// ```
/// This is the forward pass of attention, with queries, keys, and the keys as values (Dao, Fu, Ermon, Rudra, Ré 2022,
/// [arXiv:2205.14135](https://arxiv.org/abs/2205.14135), Algorithm 1). The queue is cut into parts, by its length
/// alone; their sums are put together in order.
final class QueueNces {

    /// Keys of a piece: with 16 queries 8 KiB, beside 8 KiB of the products for D = 128.
    private static final int CHUNK = 128;

    /// Queries of a task. For D = 128 they and their products are 256 KiB, which with the keys of a piece, 128 KiB,
    /// stay in the second-level cache.
    private static final int GROUP = 256;

    /// Most parts of a queue, and the fewest keys of one.
    private static final int PARTS = 32, SHORTEST = 1024;

    private QueueNces() {}

    /// What is summed up for each part and query: maximum m, sum R, and C by panels of queries, (d, COLUMNS) each.
    private record Sums(int size, int panels, float[] max, double[] sum, float[] products) {

        int at(int part, int panel) {
            return (part * panels + panel) * COLUMNS;
        }

        int productsAt(int part, int panel) {
            return (part * panels + panel) * size;
        }
    }

    static void forward(QueueNce op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1), keys = in[2].dim(0), qo = at(in[0]);
        float[] q = floats(in[0]);
        float scale = (float) (1 / (op.temperature() * Math.log(2)));
        int panels = (n + COLUMNS - 1) / COLUMNS, length = partLength(keys), parts = (keys + length - 1) / length;
        float[] packed = Scratch.UNIT_ROWS.floats(panels * COLUMNS * d);
        Chunks.each(parallel, panels, d * COLUMNS, panel -> {
            int row = panel * COLUMNS;
            Transpose.interleave(q, qo + row * d, d, Math.min(COLUMNS, n - row), d, packed, row * d, COLUMNS, COLUMNS);
        });
        int size = Tile.paddedRows(d) * COLUMNS;
        Sums sums = new Sums(size, panels, new float[parts * panels * COLUMNS], new double[parts * panels * COLUMNS],
                Scratch.GRADIENT.floats(parts * panels * size));
        Arrays.fill(sums.max, Float.NEGATIVE_INFINITY);
        int group = GROUP / COLUMNS, groups = (panels + group - 1) / group;
        parallel.run(parts * groups, task -> {
            int part = task / groups, from = part * length, panel = task % groups * group;
            part(floats(in[2]), at(in[2]) + from * d, Math.min(length, keys - from), d, packed, panel,
                    Math.min(panels, panel + group), scale, sums, part);
        });
        finish(in, out, parts, sums, scale, parallel);
    }

    private static int partLength(int keys) {
        int length = Math.max(SHORTEST, (keys + PARTS - 1) / PARTS);
        return (length + CHUNK - 1) / CHUNK * CHUNK;
    }

    private static void part(float[] queue, int qo, int keys, int d, float[] queries, int firstPanel, int endPanel,
            float scale, Sums sums, int part) {
        int across = Tile.paddedRows(CHUNK) * d;
        float[] packed = Scratch.PACKED.floats(across + Tile.paddedRows(d) * CHUNK);
        float[] s = Scratch.SIMILARITIES.floats(Tile.paddedRows(CHUNK) * COLUMNS), room = new float[2 * COLUMNS];
        float[] products = sums.products;
        for (int panel = firstPanel; panel < endPanel; panel++) {
            int to = sums.productsAt(part, panel);
            Arrays.fill(products, to, to + sums.size, 0);
        }
        for (int first = 0; first < keys; first += CHUNK) {
            int rows = Math.min(CHUNK, keys - first), at = qo + first * d;
            Panels.packRows(queue, at, d, 1, rows, d, packed, 0);
            Panels.packRows(queue, at, 1, d, d, rows, packed, across);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                product(packed, rows, d, queries, panel * COLUMNS * d, s);
                int state = sums.at(part, panel), to = sums.productsAt(part, panel);
                raise(s, rows, scale, sums, state, to, room);
                powers(s, rows, scale, sums.max, state, room);
                for (int lane = 0; lane < COLUMNS; lane++) sums.sum[state + lane] += room[lane];
                multiply(packed, across, rows, d, s, products, to);
            }
        }
    }

    /// s = keys · queries for `rows` keys and one panel.
    private static void product(float[] keys, int rows, int d, float[] queries, int panel, float[] s) {
        for (int k = 0; k < d; k += Tile.DEPTH) {
            int depth = Math.min(Tile.DEPTH, d - k);
            for (int row = 0; row < rows; ) {
                int height = Tile.height(rows - row), to = row * COLUMNS;
                Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, depth, keys, row * d + k * height, queries,
                        panel + k * COLUMNS, k > 0 ? s : Tile.ZEROS, k > 0 ? to : 0, k > 0 ? COLUMNS : 0, s, to,
                        COLUMNS);
                row += height;
            }
        }
    }

    /// C += keysᵀ · weights.
    private static void multiply(float[] keys, int across, int rows, int d, float[] weights, float[] c, int at) {
        for (int row = 0; row < d; ) {
            int height = Tile.height(d - row), to = at + row * COLUMNS;
            Tile.multiply(height, 1, Tile.ONE_SEGMENT, 0, rows, keys, across + row * rows, weights, 0, c, to, COLUMNS,
                    c, to, COLUMNS);
            row += height;
        }
    }

    /// Raises the maxima to those of `rows` more keys, and scales the sums of those that grew.
    private static void raise(float[] s, int rows, float scale, Sums sums, int state, int to, float[] room) {
        boolean odd = maxima(s, rows, scale, room);
        if (odd) {
            for (int i = 0; i < rows * COLUMNS; i++) {
                if (Float.isNaN(s[i])) s[i] = Float.NaN;                           // the one that Powers can do with
            }
        }
        boolean grown = false;
        for (int lane = 0; lane < COLUMNS; lane++) {
            float old = sums.max[state + lane], factor = 1;
            if (room[lane] > old) {
                factor = (float) Math.exp(Math.log(2) * ((double) old - room[lane]));
                sums.max[state + lane] = room[lane];
                sums.sum[state + lane] *= factor;
                grown = true;
            }
            room[lane] = factor;
        }
        if (grown) scaleColumns(sums.products, to, sums.size, room);
    }

    /// The largest scale · s of each column; true if one of them is infinite or not a number.
    private static boolean maxima(float[] s, int rows, float scale, float[] room) {
        FloatVector left = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY), right = left;
        FloatVector odd = FloatVector.zero(SPECIES);
        for (int i = 0; i < rows * COLUMNS; i += COLUMNS) {
            FloatVector a = FloatVector.fromArray(SPECIES, s, i), b = FloatVector.fromArray(SPECIES, s, i + WIDTH);
            left = left.blend(a, a.compare(VectorOperators.GT, left));
            right = right.blend(b, b.compare(VectorOperators.GT, right));
            odd = a.sub(b).mul(0).add(odd);
        }
        left.mul(scale).intoArray(room, 0);
        right.mul(scale).intoArray(room, WIDTH);
        return odd.compare(VectorOperators.EQ, odd).not().anyTrue();
    }

    private static void scaleColumns(float[] c, int at, int n, float[] factors) {
        FloatVector left = FloatVector.fromArray(SPECIES, factors, 0);
        FloatVector right = FloatVector.fromArray(SPECIES, factors, WIDTH);
        for (int i = at; i < at + n; i += COLUMNS) {
            FloatVector.fromArray(SPECIES, c, i).mul(left).intoArray(c, i);
            FloatVector.fromArray(SPECIES, c, i + WIDTH).mul(right).intoArray(c, i + WIDTH);
        }
    }

    /// s becomes 2^(scale · s − max), not less than 2⁻¹²⁶; `sums` becomes the sum of each column.
    private static void powers(float[] s, int rows, float scale, float[] max, int at, float[] sums) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), low = FloatVector.broadcast(SPECIES, Powers.LEAST);
        for (int half = 0; half < COLUMNS; half += WIDTH) {
            FloatVector minus = FloatVector.fromArray(SPECIES, max, at + half).neg(), sum = FloatVector.zero(SPECIES);
            for (int i = half; i < rows * COLUMNS; i += COLUMNS) {
                FloatVector y = FloatVector.fromArray(SPECIES, s, i).fma(factor, minus);
                FloatVector e = Powers.two(y.blend(low, y.compare(VectorOperators.LT, low)));
                e.intoArray(s, i);
                sum = sum.add(e);
            }
            sum.intoArray(sums, half);
        }
    }

    /// Puts the parts and the right key together.
    private static void finish(Tensor[] in, Tensor[] out, int parts, Sums sums, float scale, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1), qo = at(in[0]), ko = at(in[1]), lo = at(out[1]), to = at(out[2]);
        float[] q = floats(in[0]), k = floats(in[1]), lse = floats(out[1]), mean = floats(out[2]);
        double[] losses = new double[n];
        Chunks.each(parallel, sums.panels, d * COLUMNS * parts, panel -> {
            int start = panel * COLUMNS, count = Math.min(COLUMNS, n - start);
            float[] room = new float[sums.size], factors = new float[COLUMNS], own = new float[COLUMNS];
            double[] right = new double[COLUMNS], max = new double[COLUMNS], total = new double[COLUMNS];
            for (int lane = 0; lane < count; lane++) {
                int row = (start + lane) * d;
                right[lane] = Doubles.dot(q, qo + row, k, ko + row, d, new double[Doubles.WIDTH]) * scale;
                max[lane] = right[lane];
                for (int part = 0; part < parts; part++) {
                    max[lane] = Math.max(max[lane], sums.max[sums.at(part, panel) + lane]);
                }
                total[lane] = exp2(right[lane] - max[lane]);
                for (int part = 0; part < parts; part++) {
                    int state = sums.at(part, panel) + lane;
                    total[lane] += sums.sum[state] * exp2(sums.max[state] - max[lane]);
                }
                boolean finite = Math.abs(max[lane]) < Double.POSITIVE_INFINITY;
                double log = (finite ? max[lane] + Math.log(total[lane]) / Math.log(2) : max[lane]) * Math.log(2);
                lse[lo + start + lane] = (float) log;
                losses[start + lane] = log - right[lane] * Math.log(2);
                own[lane] = (float) (exp2(right[lane] - max[lane]) / total[lane]);
            }
            for (int part = 0; part < parts; part++) {
                int state = sums.at(part, panel);
                for (int lane = 0; lane < count; lane++) {
                    factors[lane] = (float) (exp2(sums.max[state + lane] - max[lane]) / total[lane]);
                }
                addColumns(sums.products, sums.productsAt(part, panel), sums.size, factors, room);
            }
            Transpose.separate(room, 0, COLUMNS, count, d, mean, to + start * d, d);
            for (int lane = 0; lane < count; lane++) {
                int row = to + (start + lane) * d, from = ko + (start + lane) * d;
                for (int j = 0; j < d; j++) mean[row + j] = Math.fma(own[lane], k[from + j], mean[row + j]);
            }
        });
        floats(out[0])[at(out[0])] = (float) (Arrays.stream(losses).sum() / n);
    }

    private static double exp2(double x) {
        return Math.exp(x * Math.log(2));
    }

    private static void addColumns(float[] c, int at, int n, float[] factors, float[] sum) {
        FloatVector left = FloatVector.fromArray(SPECIES, factors, 0);
        FloatVector right = FloatVector.fromArray(SPECIES, factors, WIDTH);
        for (int i = 0; i < n; i += COLUMNS) {
            FloatVector.fromArray(SPECIES, c, at + i).fma(left, FloatVector.fromArray(SPECIES, sum, i))
                    .intoArray(sum, i);
            FloatVector.fromArray(SPECIES, c, at + i + WIDTH).fma(right, FloatVector.fromArray(SPECIES, sum, i + WIDTH))
                    .intoArray(sum, i + WIDTH);
        }
    }
}
