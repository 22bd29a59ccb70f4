package invar.benchmarks.compare;

import java.util.function.IntConsumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// What the machine can do at most: multiply-adds on registers, and passes over memory with as many streams as the
/// kernels they are compared with. `ceilings.c` holds the same loops in C, and both are measured.
final class Ceilings {

    /// Operations of one call of `ceiling-fma` on each thread: 20 ms of a core, next to which waking is short.
    static final double FLOPS = 1L << 31;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private Ceilings() {}

    /// A ceiling by its name: `ceiling-fma`, `ceiling-fma-alone` where all threads but one rest, or `ceiling-fill/N`,
    /// `-map/N`, `-zip/N`, `-update/N` over N floats.
    static Job job(String name, int threads) {
        CaseName parts = CaseName.of(name);
        if (parts.what().equals("ceiling-fma")) return new Team(threads, t -> Sink.value = fma());
        if (parts.what().equals("ceiling-fma-alone")) {
            return new Team(threads, t -> {
                if (t == 0) Sink.value = fma();
            });
        }
        int n = parts.size(0);
        float[] x = new float[n], y = new float[n], z = new float[n];
        IntConsumer pass = switch (parts.what()) {
            case "ceiling-fill" -> t -> fill(x, from(t, n, threads), from(t + 1, n, threads));
            case "ceiling-map" -> t -> map(x, y, from(t, n, threads), from(t + 1, n, threads));
            case "ceiling-zip" -> t -> zip(x, y, z, from(t, n, threads), from(t + 1, n, threads));
            case "ceiling-update" -> t -> update(x, y, z, from(t, n, threads), from(t + 1, n, threads));
            default -> throw new IllegalArgumentException("no ceiling is called " + parts.what());
        };
        return new Team(threads, pass);
    }

    private static final class Sink {
        static volatile float value;
    }

    private static int from(int thread, int n, int threads) {
        return (int) ((long) n * thread / threads) / 16 * 16;
    }

    /// Ten chains of multiply-adds: more than the eight that two units of latency four need. The accumulator is what is
    /// added to, as in a dot product; with the accumulator as a factor, the compiled loop has moves in it and is a
    /// quarter slower.
    private static float fma() {
        int steps = (int) (FLOPS / (2 * 10 * SPECIES.length()));
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f), y = FloatVector.broadcast(SPECIES, 1e-8f);
        FloatVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int step = 0; step < steps; step++) {
            a = x.fma(y, a);
            b = x.fma(y, b);
            c = x.fma(y, c);
            d = x.fma(y, d);
            e = x.fma(y, e);
            f = x.fma(y, f);
            g = x.fma(y, g);
            h = x.fma(y, h);
            i = x.fma(y, i);
            j = x.fma(y, j);
        }
        FloatVector sum = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j);
        return sum.reduceLanes(VectorOperators.ADD);
    }

    /// x ← c: one stream.
    private static void fill(float[] x, int from, int to) {
        FloatVector c = FloatVector.broadcast(SPECIES, 1.5f);
        for (int i = from; i < SPECIES.loopBound(to - from) + from; i += SPECIES.length()) c.intoArray(x, i);
    }

    /// y ← x + c: two streams, as any function of one tensor.
    private static void map(float[] x, float[] y, int from, int to) {
        for (int i = from; i < SPECIES.loopBound(to - from) + from; i += SPECIES.length()) {
            FloatVector.fromArray(SPECIES, x, i).add(1.5f).intoArray(y, i);
        }
    }

    /// z ← x + y: three streams.
    private static void zip(float[] x, float[] y, float[] z, int from, int to) {
        for (int i = from; i < SPECIES.loopBound(to - from) + from; i += SPECIES.length()) {
            FloatVector.fromArray(SPECIES, x, i).add(FloatVector.fromArray(SPECIES, y, i)).intoArray(z, i);
        }
    }

    /// y ← c y + z, x ← x + c y: three streams in, two of them also out, as a step of SGD with momentum.
    private static void update(float[] x, float[] y, float[] z, int from, int to) {
        FloatVector c = FloatVector.broadcast(SPECIES, 0.5f);
        for (int i = from; i < SPECIES.loopBound(to - from) + from; i += SPECIES.length()) {
            FloatVector v = FloatVector.fromArray(SPECIES, y, i).fma(c, FloatVector.fromArray(SPECIES, z, i));
            v.intoArray(y, i);
            v.fma(c, FloatVector.fromArray(SPECIES, x, i)).intoArray(x, i);
        }
    }
}
