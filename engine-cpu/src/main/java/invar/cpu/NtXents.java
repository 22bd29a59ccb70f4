package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;
import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;
import static jdk.incubator.vector.VectorOperators.GT;

import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentGrad;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// [NtXent] and its gradient, over pieces of the matrix of [Similarities]. Because that matrix is symmetric, a row is
/// read as a column, so that lanes are different rows of the loss and need not be added to each other. Memory grows
/// with M · D and the time is that of the products, M² D each: one forward, two backward.
final class NtXents {

    /// Rows whose exponentials are added in single precision before the sum goes on in double.
    private static final int ROWS = 64;

    private NtXents() {}

    /// log Σ exp with a running maximum: when a piece has a larger one, the sum so far is scaled down.
    static void forward(NtXent op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1), lo = at(out[1]);
        float[] lse = floats(out[1]), u = Scratch.UNIT_ROWS.floats(m * d);
        UnitRows.normalize(parallel, floats(in[0]), at(in[0]), m, d, NtXent.EPSILON, floats(out[2]), at(out[2]), u, 0);
        float inverse = (float) (1 / op.temperature());
        Similarities similarities = Similarities.of(parallel, u, m, d);
        double[] losses = new double[m];
        parallel.run(similarities.groups(), group -> {
            int start = group * Similarities.GROUP * COLUMNS;
            float[] max = new float[Similarities.GROUP * COLUMNS], positive = new float[max.length];
            float[] room = new float[WIDTH];
            double[] sum = new double[max.length];
            Arrays.fill(max, Float.NEGATIVE_INFINITY);
            similarities.each(group, (panel, first, rows, s) -> {
                int state = panel * COLUMNS - start;
                for (int lane = 0; lane < COLUMNS && panel * COLUMNS + lane < m; lane++) {
                    int i = panel * COLUMNS + lane, p = partner(i, m);
                    if (p >= first && p < first + rows) positive[state + lane] = s[(p - first) * COLUMNS + lane];
                    if (i >= first && i < first + rows) {                                      // k ≠ i
                        s[(i - first) * COLUMNS + lane] = Float.NEGATIVE_INFINITY;
                    }
                }
                for (int half = 0; half < COLUMNS; half += WIDTH) {
                    raise(s, half, rows, inverse, max, sum, state + half, room);
                    for (int row = 0; row < rows; row += ROWS) {
                        addExp(s, row * COLUMNS + half, Math.min(ROWS, rows - row), inverse, max, sum, state + half,
                                room);
                    }
                }
            });
            for (int i = start; i < Math.min(m, start + max.length); i++) {
                double log = Math.log(sum[i - start]);
                lse[lo + i] = (float) (max[i - start] + log);
                losses[i] = max[i - start] - (double) positive[i - start] * inverse + log;
            }
        });
        double loss = 0;
        for (double each : losses) loss += each;
        floats(out[0])[at(out[0])] = (float) (loss / m);
    }

    static void backward(NtXentGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int m = in[0].dim(0), d = in[0].dim(1), ro = at(in[2]), to = at(out[0]);
        float[] r = floats(in[2]), dz = floats(out[0]), u = Scratch.UNIT_ROWS.floats(m * d);
        UnitRows.scale(parallel, floats(in[0]), at(in[0]), m, d, r, ro, u, 0);
        float inverse = (float) (1 / op.temperature());
        double factor = floats(in[3])[at(in[3])] / (m * op.temperature());
        Similarities similarities = Similarities.of(parallel, u, m, d);
        NtXentWeights weights = NtXentWeights.of(floats(in[1]), at(in[1]), m, inverse);
        parallel.run(similarities.groups(), group -> {
            int size = similarities.productSize(), firstPanel = group * Similarities.GROUP;
            float[] sums = Scratch.GRADIENT.floats(Similarities.GROUP * size);                 // Σ w u, transposed
            similarities.each(group, (panel, first, rows, s) -> {
                weights.apply(s, rows, first, panel * COLUMNS);
                for (int lane = 0; lane < COLUMNS && panel * COLUMNS + lane < m; lane++) {
                    int i = panel * COLUMNS + lane, p = partner(i, m);
                    if (i >= first && i < first + rows) s[(i - first) * COLUMNS + lane] = 0;
                    if (p >= first && p < first + rows) s[(p - first) * COLUMNS + lane] -= 2;
                }
                similarities.multiply(first, rows, s, sums, (panel - firstPanel) * size);
            });
            double[] room = new double[Doubles.WIDTH];
            int start = firstPanel * COLUMNS;
            for (int i = start; i < Math.min(m, start + Similarities.GROUP * COLUMNS); i++) {
                int column = (i - start) / COLUMNS * size + i % COLUMNS, row = to + i * d;
                for (int j = 0; j < d; j++) dz[row + j] = sums[column + j * COLUMNS];
                UnitRows.backward(u, i * d, d, r[ro + i], NtXent.EPSILON, dz, row, factor, dz, row, room);
            }
        });
    }

    private static int partner(int row, int m) {
        return row < m / 2 ? row + m / 2 : row - m / 2;
    }

    /// Raises the maxima of one vector of columns to those of `rows` more rows, and scales the sums to match.
    private static void raise(float[] s, int at, int rows, float scale, float[] max, double[] sum, int to,
            float[] room) {
        FloatVector m = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < rows; i++) {
            FloatVector v = FloatVector.fromArray(SPECIES, s, at + i * COLUMNS);
            m = m.blend(v, v.compare(GT, m));
        }
        m.mul(scale).intoArray(room, 0);
        for (int lane = 0; lane < WIDTH; lane++) {
            if (room[lane] > max[to + lane]) {
                sum[to + lane] *= Math.exp((double) max[to + lane] - room[lane]);
                max[to + lane] = room[lane];
            }
        }
    }

    /// sum += Σ e^(scale · s − max) over `rows` rows, for one vector of columns.
    private static void addExp(float[] s, int at, int rows, float scale, float[] max, double[] sum, int to,
            float[] room) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), minus = FloatVector.fromArray(SPECIES, max,
                to).neg();
        FloatVector total = FloatVector.zero(SPECIES);
        for (int i = 0; i < rows; i++) {
            total = total.add(VectorMath.exp(FloatVector.fromArray(SPECIES, s, at + i * COLUMNS).fma(factor, minus)));
        }
        total.intoArray(room, 0);
        for (int lane = 0; lane < WIDTH; lane++) sum[to + lane] += room[lane];
    }
}
