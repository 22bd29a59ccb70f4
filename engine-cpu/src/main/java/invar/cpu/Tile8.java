package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The 8-row register tile of [Tile]: 16 accumulators, each a named local, because an array of vectors would live
/// on the heap. Half of the registers of AVX-512; its B vectors serve twice as many rows as those of [Tile4].
final class Tile8 {

    private Tile8() {}

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
        FloatVector s4l = FloatVector.zero(SPECIES);
        FloatVector s4r = FloatVector.zero(SPECIES);
        FloatVector s5l = FloatVector.zero(SPECIES);
        FloatVector s5r = FloatVector.zero(SPECIES);
        FloatVector s6l = FloatVector.zero(SPECIES);
        FloatVector s6r = FloatVector.zero(SPECIES);
        FloatVector s7l = FloatVector.zero(SPECIES);
        FloatVector s7r = FloatVector.zero(SPECIES);
        for (int s = 0; s < segments; s++) {
            int ap = ao + offsets[at + 2 * s] * 8, bp = bo + offsets[at + 2 * s + 1] * COLUMNS;
            for (int k = 0; k < depth; k++) {
                FloatVector left = FloatVector.fromArray(SPECIES, b, bp + k * COLUMNS);
                FloatVector right = FloatVector.fromArray(SPECIES, b, bp + k * COLUMNS + WIDTH);
                FloatVector x = FloatVector.broadcast(SPECIES, a[ap + k * 8]);
                s0l = x.fma(left, s0l);
                s0r = x.fma(right, s0r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 1]);
                s1l = x.fma(left, s1l);
                s1r = x.fma(right, s1r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 2]);
                s2l = x.fma(left, s2l);
                s2r = x.fma(right, s2r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 3]);
                s3l = x.fma(left, s3l);
                s3r = x.fma(right, s3r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 4]);
                s4l = x.fma(left, s4l);
                s4r = x.fma(right, s4r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 5]);
                s5l = x.fma(left, s5l);
                s5r = x.fma(right, s5r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 6]);
                s6l = x.fma(left, s6l);
                s6r = x.fma(right, s6r);
                x = FloatVector.broadcast(SPECIES, a[ap + k * 8 + 7]);
                s7l = x.fma(left, s7l);
                s7r = x.fma(right, s7r);
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
        s4l.add(FloatVector.fromArray(SPECIES, from, fo + 4 * ldf)).intoArray(c, co + 4 * ldc);
        s4r.add(FloatVector.fromArray(SPECIES, from, fo + 4 * ldf + WIDTH)).intoArray(c, co + 4 * ldc + WIDTH);
        s5l.add(FloatVector.fromArray(SPECIES, from, fo + 5 * ldf)).intoArray(c, co + 5 * ldc);
        s5r.add(FloatVector.fromArray(SPECIES, from, fo + 5 * ldf + WIDTH)).intoArray(c, co + 5 * ldc + WIDTH);
        s6l.add(FloatVector.fromArray(SPECIES, from, fo + 6 * ldf)).intoArray(c, co + 6 * ldc);
        s6r.add(FloatVector.fromArray(SPECIES, from, fo + 6 * ldf + WIDTH)).intoArray(c, co + 6 * ldc + WIDTH);
        s7l.add(FloatVector.fromArray(SPECIES, from, fo + 7 * ldf)).intoArray(c, co + 7 * ldc);
        s7r.add(FloatVector.fromArray(SPECIES, from, fo + 7 * ldf + WIDTH)).intoArray(c, co + 7 * ldc + WIDTH);
    }
}
