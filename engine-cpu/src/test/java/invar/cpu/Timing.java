package invar.cpu;

import java.lang.management.ManagementFactory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Shared by the timing programs of this package, which are run by hand and are no tests. They print the best of
/// several rounds, because on a shared machine a round can only be too slow.
final class Timing {

    private static final long ROUND = 60_000_000;              // ns; long against the clock, short for whoever waits

    private static volatile float sink;

    private Timing() {}

    /// Seconds of one call of `body`: the best of `rounds` rounds of about 60 ms, after warming up. With one thread
    /// this is the time that the processor gave to it, which other programs disturb less than the time on the clock.
    static double seconds(Parallel p, int rounds, Runnable body) {
        long start = System.nanoTime(), calls = 0;
        while (System.nanoTime() - start < 4 * ROUND || calls < 3) {
            body.run();
            calls++;
        }
        long repeats = Math.max(1, calls / 4);
        double best = Double.POSITIVE_INFINITY;
        for (int round = 0; round < rounds; round++) {
            start = clock(p);
            for (long i = 0; i < repeats; i++) {
                body.run();
            }
            best = Math.min(best, (clock(p) - start) * 1e-9 / repeats);
        }
        return best;
    }

    private static long clock(Parallel p) {
        return p.threads() == 1 ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() : System.nanoTime();
    }

    /// Multiply-adds per second that this processor reaches with all its operands in registers, twice: in GF/s.
    static double peak(Parallel p) {
        int steps = 2_000_000, tasks = p.threads();
        double seconds = seconds(p, 10, () -> p.run(tasks, task -> sink = chain(steps)));
        return 2.0 * tasks * steps * 10 * Lanes.WIDTH / seconds / 1e9;
    }

    /// Ten independent chains of multiply-adds: more than the eight that two units of latency four need.
    private static float chain(int steps) {
        FloatVector x = FloatVector.broadcast(Lanes.SPECIES, 0.999f), y = FloatVector.broadcast(Lanes.SPECIES, 0.5f);
        FloatVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int step = 0; step < steps; step++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).reduceLanes(VectorOperators.ADD);
    }
}
