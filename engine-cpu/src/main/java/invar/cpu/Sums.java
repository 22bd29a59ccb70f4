package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Sums of stretches of memory, in one fixed order.
///
/// Lanes are added one after another, not with `reduceLanes`: the order of that one is left open, and differs between
/// compiled and interpreted code. A stretch is added up in float, 4 vectors at once (an addition takes four cycles), in
/// blocks of [#BLOCK]; blocks are added in double. So the rounding error is that of some tens of additions, however
/// long the stretch.
final class Sums {

    /// Longest stretch that is added up in float: 32 additions in each lane of four vectors of eight.
    static final int BLOCK = 1024;

    private Sums() {}

    /// The sum of the lanes, first to last. `buffer` has room for one vector.
    static double lanes(FloatVector v, float[] buffer) {
        v.intoArray(buffer, 0);
        double sum = 0;
        for (int i = 0; i < WIDTH; i++) {
            sum += buffer[i];
        }
        return sum;
    }

    /// Σ xᵢ over `n` numbers from `at`.
    static double sum(float[] x, int at, int n, float[] buffer) {
        double sum = 0;
        for (int from = 0; from < n; from += BLOCK) {
            sum += block(x, at + from, Math.min(BLOCK, n - from), buffer);
        }
        return sum;
    }

    private static double block(float[] x, int at, int n, float[] buffer) {
        FloatVector a = FloatVector.zero(SPECIES), b = a, c = a, d = a;
        int i = 0;
        for (; i <= n - 4 * WIDTH; i += 4 * WIDTH) {
            a = a.add(FloatVector.fromArray(SPECIES, x, at + i));
            b = b.add(FloatVector.fromArray(SPECIES, x, at + i + WIDTH));
            c = c.add(FloatVector.fromArray(SPECIES, x, at + i + 2 * WIDTH));
            d = d.add(FloatVector.fromArray(SPECIES, x, at + i + 3 * WIDTH));
        }
        double sum = i == 0 ? 0 : lanes(a.add(b).add(c.add(d)), buffer);
        for (; i < n; i++) {
            sum += x[at + i];
        }
        return sum;
    }

    /// The sums of `count` stretches that lie one after the other, of `n` < 4 · [Lanes#WIDTH] numbers each: as
    /// [#sum] has them, without what a call for each would cost.
    static void shortStretches(float[] x, int at, int n, int count, float[] y, int to) {
        for (int k = 0; k < count; k++) {
            double sum = 0;
            for (int i = at + k * n; i < at + (k + 1) * n; i++) sum += x[i];
            y[to + k] = (float) sum;
        }
    }
}
