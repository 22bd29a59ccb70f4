package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;
import static jdk.incubator.vector.VectorOperators.GT;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// The sums and the products of NT-Xent for temperatures so small that exponentials underflow unless the maximum of the
/// row is taken out: with a running maximum, over the whole matrix of similarities. Because that matrix is symmetric, a
/// row is read as a column, so that lanes are different rows of the loss and need not be added to each other.
///
/// @param u       the similarities
/// @param inverse 1/τ
record NtXentRunning(Similarities u, float inverse) {

    /// Panels of a task: 64 columns, which use the panels of rows while these are in the second-level cache.
    private static final int GROUP = Math.max(1, 64 / COLUMNS);

    /// Rows whose exponentials are added in single precision before the sum goes on in double.
    private static final int ROWS = 64;

    /// What is done with a piece, rows of block `b` and the columns of one panel.
    private interface Visitor {
        void visit(int b, int panel, float[] s);
    }

    /// Calls the visitor for the pieces of the panels of a group, in order of rows.
    private void each(int group, Visitor visitor) {
        float[] s = Scratch.SIMILARITIES.floats(u.pieceSize());
        for (int b = 0; b < u.blocks(); b++) {
            for (int panel = group * GROUP; panel < Math.min(u.panels(), (group + 1) * GROUP); panel++) {
                u.product(b, panel, s, 0);
                visitor.visit(b, panel, s);
            }
        }
    }

    private int groups() {
        return (u.panels() + GROUP - 1) / GROUP;
    }

    /// log Σ exp of each row: when a piece has a larger maximum, the sum so far is scaled down.
    double[] logSums(Parallel parallel) {
        int m = u.m();
        double[] lse = new double[m];
        parallel.run(groups(), group -> {
            int start = group * GROUP * COLUMNS;
            float[] max = new float[GROUP * COLUMNS], room = new float[WIDTH];
            double[] sum = new double[max.length];
            Arrays.fill(max, Float.NEGATIVE_INFINITY);
            each(group, (b, panel, s) -> {
                int state = panel * COLUMNS - start, rows = u.rows(b);
                diagonal(b, panel, s, Float.NEGATIVE_INFINITY);                                // k ≠ i
                for (int half = 0; half < COLUMNS; half += WIDTH) {
                    raise(s, half, rows, inverse, max, sum, state + half, room);
                    for (int row = 0; row < rows; row += ROWS) {
                        addExp(s, row * COLUMNS + half, Math.min(ROWS, rows - row), inverse, max, sum, state + half,
                                room);
                    }
                }
            });
            for (int i = start; i < Math.min(m, start + max.length); i++) {
                lse[i] = max[i - start] + Math.log(sum[i - start]);
            }
        });
        return lse;
    }

    /// As [NtXentPairs#products], with the weights of [NtXentWeights].
    float[] products(Parallel parallel, NtXentWeights weights) {
        int size = u.productSize();
        float[] products = Scratch.GRADIENT.floats(u.panels() * size);
        parallel.run(groups(), group -> each(group, (b, panel, s) -> {
            if (b == 0) Arrays.fill(products, panel * size, (panel + 1) * size, 0);
            weights.apply(s, u.rows(b), b * u.block(), panel * COLUMNS);
            diagonal(b, panel, s, 0);
            u.multiply(b, s, 0, products, panel * size);
        }));
        return products;
    }

    private void diagonal(int b, int panel, float[] s, float value) {
        int first = b * u.block();
        for (int i = panel * COLUMNS; i < Math.min(u.m(), (panel + 1) * COLUMNS); i++) {
            if (i >= first && i < first + u.rows(b)) s[(i - first) * COLUMNS + i - panel * COLUMNS] = value;
        }
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
