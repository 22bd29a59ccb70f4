package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import invar.core.spi.Broadcast;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Sums and maxima over any set of axes.
///
/// [Broadcast] merges neighbouring axes that are both kept or both summed, so kept and summed axes alternate. Two cases
/// remain for the innermost axis: a summed one gives a number for each stretch ([Sums]), a kept one adds whole rows.
/// What lies outside is counted off. A result is computed by one task, or, if there are few results, by a number of
/// parts that depends on the sizes alone and whose sums are added in order.
final class Reduce {

    /// Numbers of a part.
    private static final int PART = 1 << 16;

    /// Columns of a task where the innermost axis is kept.
    private static final int COLUMNS = 1024;

    /// Rows that are added up in float before they are added in double.
    private static final int ROWS = 32;

    private Reduce() {}

    /// y = Σ x over the axes where y repeats; `to` says how y repeats inside x.
    static void sum(Parallel p, Broadcast to, float[] x, int xo, float[] y, int yo) {
        new Plan(to, false).run(p, x, xo, y, yo);
    }

    /// y = max x over the axes where y repeats; NaN where there is one.
    static void max(Parallel p, Broadcast to, float[] x, int xo, float[] y, int yo) {
        new Plan(to, true).run(p, x, xo, y, yo);
    }

    /// The axes outside the innermost one, kept and summed apart, each with its distance in x.
    private static final class Plan {

        private final boolean max, innerKept;
        private final int inner, kept, summed;
        private final int[] keptExtents, keptSteps, summedExtents, summedSteps;

        Plan(Broadcast to, boolean max) {
            this.max = max;
            int last = to.axes() - 1;
            inner = to.extents()[last];
            innerKept = to.strides()[last] != 0;
            keptExtents = new int[last];
            keptSteps = new int[last];
            summedExtents = new int[last];
            summedSteps = new int[last];
            int k = 0, s = 0, step = inner, allKept = 1, allSummed = 1;
            for (int axis = last - 1; axis >= 0; axis--) {             // innermost first
                int extent = to.extents()[axis];
                if (to.strides()[axis] != 0) {
                    keptExtents[k] = extent;
                    keptSteps[k++] = step;
                    allKept *= extent;
                } else {
                    summedExtents[s] = extent;
                    summedSteps[s++] = step;
                    allSummed *= extent;
                }
                step *= extent;
            }
            kept = allKept;
            summed = allSummed;
        }

        void run(Parallel p, float[] x, int xo, float[] y, int yo) {
            int width = innerKept ? Math.min(inner, COLUMNS) : 1;             // results of a unit of work, at most
            int chunks = innerKept ? (inner + COLUMNS - 1) / COLUMNS : 1, units = kept * chunks;
            int runs = innerKept ? summed : summed * pieces();                // what a unit can be cut into
            long each = (long) summed * (innerKept ? width : inner);
            int parts = units >= 16 ? 1 : Math.clamp(each / PART, 1, Math.min(64, runs));
            int together = (int) Math.max(1, PART / Math.max(1, each)), tasks = (units + together - 1) / together;
            if (!max && !innerKept && summed == 1 && inner < 4 * WIDTH) {     // kept axes are neighbours, so merged
                p.run(tasks, task -> {
                    int first = task * together, n = Math.min(together, units - first);
                    Sums.shortStretches(x, xo + first * inner, inner, n, y, yo + first);
                });
                return;
            }
            double[] sums = new double[parts == 1 ? 0 : units * parts * width];
            p.run(tasks * parts, task -> {
                double[] own = new double[width];
                float[] buffer = new float[Math.max(width, WIDTH)];
                int part = task % parts, from = (int) ((long) runs * part / parts);
                int to = (int) ((long) runs * (part + 1) / parts), first = task / parts * together;
                for (int unit = first; unit < Math.min(units, first + together); unit++) {
                    int column = unit % chunks * width, n = innerKept ? Math.min(width, inner - column) : 1;
                    reduce(x, xo + place(unit / chunks, keptExtents, keptSteps) + column, n, from, to, own, buffer);
                    if (parts > 1) {
                        System.arraycopy(own, 0, sums, (unit * parts + part) * width, n);
                    } else {
                        write(own, 0, n, y, yo + unit / chunks * (innerKept ? inner : 1) + column);
                    }
                }
            });
            for (int unit = 0; unit < units && parts > 1; unit++) {
                int at = unit * parts * width, column = unit % chunks * width;
                int n = innerKept ? Math.min(width, inner - column) : 1;
                for (int part = 1; part < parts; part++) {
                    for (int i = 0; i < n; i++) {
                        sums[at + i] = combine(sums[at + i], sums[at + part * width + i]);
                    }
                }
                write(sums, at, n, y, yo + unit / chunks * (innerKept ? inner : 1) + column);
            }
        }

        /// Pieces of a stretch that is summed.
        private int pieces() {
            return (inner + PART - 1) / PART;
        }

        private static void write(double[] sums, int at, int n, float[] y, int to) {
            for (int i = 0; i < n; i++) {
                y[to + i] = (float) sums[at + i];
            }
        }

        private double combine(double a, double b) {
            return max ? Math.max(a, b) : a + b;
        }

        /// Runs `from` ≤ run < `to` of one unit: rows of `n` that are added, or pieces of stretches.
        private void reduce(float[] x, int at, int n, int from, int to, double[] sums, float[] buffer) {
            Arrays.fill(sums, max ? Double.NEGATIVE_INFINITY : 0);
            if (!innerKept) {
                int pieces = pieces();
                for (int run = from; run < to; run++) {
                    int start = run % pieces * PART, length = Math.min(PART, inner - start);
                    int begin = at + place(run / pieces, summedExtents, summedSteps) + start;
                    sums[0] = combine(sums[0],
                            max ? Rows.max(x, begin, length, buffer) : Sums.sum(x, begin, length, buffer));
                }
                return;
            }
            for (int run = from; run < to; run += ROWS) {
                for (int row = run; row < Math.min(to, run + ROWS); row++) {
                    addRow(x, at + place(row, summedExtents, summedSteps), n, buffer, row == run);
                }
                for (int i = 0; i < n; i++) {
                    sums[i] = combine(sums[i], buffer[i]);
                }
            }
        }

        private void addRow(float[] x, int at, int n, float[] into, boolean first) {
            if (first) {
                System.arraycopy(x, at, into, 0, n);
                return;
            }
            int i = 0;
            for (; i <= n - WIDTH; i += WIDTH) {
                FloatVector a = FloatVector.fromArray(SPECIES, into, i), b = FloatVector.fromArray(SPECIES, x, at + i);
                (max ? a.max(b) : a.add(b)).intoArray(into, i);
            }
            for (; i < n; i++) {
                into[i] = max ? Math.max(into[i], x[at + i]) : into[i] + x[at + i];
            }
        }

        /// The distance in x of index `i` counted over some axes, innermost first.
        private static int place(int i, int[] extents, int[] steps) {
            int place = 0;
            for (int axis = 0; i > 0; axis++) {
                place += i % extents[axis] * steps[axis];
                i /= extents[axis];
            }
            return place;
        }
    }
}
