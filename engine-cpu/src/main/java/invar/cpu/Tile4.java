package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;

/// The 4-row register tile of [Tile], for what 6 rows leave over: 8 accumulators, the least that hide the latency of
/// two FMAs a cycle, four cycles each.
///
/// Each accumulator is a named local, because an array of vectors would live on the heap. The fences are no
/// instructions on x86: they keep the compiler from loading all elements of A before it multiplies the first, for which
/// there are no registers, so that it would keep accumulators on the stack ([Tile] has the numbers).
final class Tile4 {

    private Tile4() {}

    /// See [Tile#multiply] for the formula and the arguments.
    static void multiply(int segments, int[] offsets, int at, int depth, float[] a, int ao, float[] b, int bo,
            float[] from, int fo, int ldf, float[] c, int co, int ldc) {
        FloatVector s0l = FloatVector.zero(SPECIES);
        FloatVector s0r = FloatVector.zero(SPECIES);
        FloatVector s1l = FloatVector.zero(SPECIES);
        FloatVector s1r = FloatVector.zero(SPECIES);
        FloatVector s2l = FloatVector.zero(SPECIES);
        FloatVector s2r = FloatVector.zero(SPECIES);
        FloatVector s3l = FloatVector.zero(SPECIES);
        FloatVector s3r = FloatVector.zero(SPECIES);
        for (int s = 0; s < segments; s++) {
            int ap = ao + offsets[at + 2 * s] * 4, bp = bo + offsets[at + 2 * s + 1] * COLUMNS;
            for (int k = 0; k < depth - 1; k += 2) {
                int i = ap + k * 4, j = bp + k * COLUMNS;
                FloatVector left = FloatVector.fromArray(SPECIES, b, j);
                FloatVector right = FloatVector.fromArray(SPECIES, b, j + WIDTH);
                VarHandle.loadLoadFence();
                FloatVector x = FloatVector.broadcast(SPECIES, a[i]);
                s0l = x.fma(left, s0l);
                s0r = x.fma(right, s0r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 1]);
                s1l = x.fma(left, s1l);
                s1r = x.fma(right, s1r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 2]);
                s2l = x.fma(left, s2l);
                s2r = x.fma(right, s2r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 3]);
                s3l = x.fma(left, s3l);
                s3r = x.fma(right, s3r);
                VarHandle.loadLoadFence();
                left = FloatVector.fromArray(SPECIES, b, j + 2 * WIDTH);
                right = FloatVector.fromArray(SPECIES, b, j + 3 * WIDTH);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 4]);
                s0l = x.fma(left, s0l);
                s0r = x.fma(right, s0r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 5]);
                s1l = x.fma(left, s1l);
                s1r = x.fma(right, s1r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 6]);
                s2l = x.fma(left, s2l);
                s2r = x.fma(right, s2r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 7]);
                s3l = x.fma(left, s3l);
                s3r = x.fma(right, s3r);
            }
            if (depth % 2 != 0) {
                int i = ap + (depth - 1) * 4, j = bp + (depth - 1) * COLUMNS;
                FloatVector left = FloatVector.fromArray(SPECIES, b, j);
                FloatVector right = FloatVector.fromArray(SPECIES, b, j + WIDTH);
                VarHandle.loadLoadFence();
                FloatVector x = FloatVector.broadcast(SPECIES, a[i]);
                s0l = x.fma(left, s0l);
                s0r = x.fma(right, s0r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 1]);
                s1l = x.fma(left, s1l);
                s1r = x.fma(right, s1r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 2]);
                s2l = x.fma(left, s2l);
                s2r = x.fma(right, s2r);
                VarHandle.loadLoadFence();
                x = FloatVector.broadcast(SPECIES, a[i + 3]);
                s3l = x.fma(left, s3l);
                s3r = x.fma(right, s3r);
            }
        }
        s0l.add(FloatVector.fromArray(SPECIES, from, fo)).intoArray(c, co);
        s0r.add(FloatVector.fromArray(SPECIES, from, fo + WIDTH)).intoArray(c, co + WIDTH);
        s1l.add(FloatVector.fromArray(SPECIES, from, fo + ldf)).intoArray(c, co + ldc);
        s1r.add(FloatVector.fromArray(SPECIES, from, fo + ldf + WIDTH)).intoArray(c, co + ldc + WIDTH);
        s2l.add(FloatVector.fromArray(SPECIES, from, fo + 2 * ldf)).intoArray(c, co + 2 * ldc);
        s2r.add(FloatVector.fromArray(SPECIES, from, fo + 2 * ldf + WIDTH)).intoArray(c, co + 2 * ldc + WIDTH);
        s3l.add(FloatVector.fromArray(SPECIES, from, fo + 3 * ldf)).intoArray(c, co + 3 * ldc);
        s3r.add(FloatVector.fromArray(SPECIES, from, fo + 3 * ldf + WIDTH)).intoArray(c, co + 3 * ldc + WIDTH);
    }
}
