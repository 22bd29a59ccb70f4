package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;

/// The 6-row register tile of [Tile] for one long sum: four steps an iteration, so that its counting and addressing,
/// ten instructions, are shared by 48 multiply-adds and not by the 24 of [Tile6]. That matters where two threads share
/// a core and its decoders: a processor's hyperthreads, or a virtual machine's neighbours ([Tile] has the numbers).
///
/// It is a kernel of its own because with the loop over segments around it the compiler keeps accumulators on the
/// stack, and because it checks the bounds of 32 places before it begins, which short sums would notice.
final class TileDeep6 {

    private TileDeep6() {}

    /// The sum of [Tile#multiply] with one segment that starts at `ao` and `bo`.
    static void multiply(int depth, float[] a, int ao, float[] b, int bo, float[] from, int fo, int ldf, float[] c,
            int co, int ldc) {
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
        int k = 0;
        for (; k < depth - 3; k += 4) {
            int i = ao + k * 6, j = bo + k * COLUMNS;
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
            x = FloatVector.broadcast(SPECIES, a[i + 4]);
            s4l = x.fma(left, s4l);
            s4r = x.fma(right, s4r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 5]);
            s5l = x.fma(left, s5l);
            s5r = x.fma(right, s5r);
            VarHandle.loadLoadFence();
            left = FloatVector.fromArray(SPECIES, b, j + 2 * WIDTH);
            right = FloatVector.fromArray(SPECIES, b, j + 3 * WIDTH);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 6]);
            s0l = x.fma(left, s0l);
            s0r = x.fma(right, s0r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 7]);
            s1l = x.fma(left, s1l);
            s1r = x.fma(right, s1r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 8]);
            s2l = x.fma(left, s2l);
            s2r = x.fma(right, s2r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 9]);
            s3l = x.fma(left, s3l);
            s3r = x.fma(right, s3r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 10]);
            s4l = x.fma(left, s4l);
            s4r = x.fma(right, s4r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 11]);
            s5l = x.fma(left, s5l);
            s5r = x.fma(right, s5r);
            VarHandle.loadLoadFence();
            left = FloatVector.fromArray(SPECIES, b, j + 4 * WIDTH);
            right = FloatVector.fromArray(SPECIES, b, j + 5 * WIDTH);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 12]);
            s0l = x.fma(left, s0l);
            s0r = x.fma(right, s0r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 13]);
            s1l = x.fma(left, s1l);
            s1r = x.fma(right, s1r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 14]);
            s2l = x.fma(left, s2l);
            s2r = x.fma(right, s2r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 15]);
            s3l = x.fma(left, s3l);
            s3r = x.fma(right, s3r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 16]);
            s4l = x.fma(left, s4l);
            s4r = x.fma(right, s4r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 17]);
            s5l = x.fma(left, s5l);
            s5r = x.fma(right, s5r);
            VarHandle.loadLoadFence();
            left = FloatVector.fromArray(SPECIES, b, j + 6 * WIDTH);
            right = FloatVector.fromArray(SPECIES, b, j + 7 * WIDTH);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 18]);
            s0l = x.fma(left, s0l);
            s0r = x.fma(right, s0r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 19]);
            s1l = x.fma(left, s1l);
            s1r = x.fma(right, s1r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 20]);
            s2l = x.fma(left, s2l);
            s2r = x.fma(right, s2r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 21]);
            s3l = x.fma(left, s3l);
            s3r = x.fma(right, s3r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 22]);
            s4l = x.fma(left, s4l);
            s4r = x.fma(right, s4r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 23]);
            s5l = x.fma(left, s5l);
            s5r = x.fma(right, s5r);
        }
        for (; k < depth; k++) {
            int i = ao + k * 6, j = bo + k * COLUMNS;
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
            x = FloatVector.broadcast(SPECIES, a[i + 4]);
            s4l = x.fma(left, s4l);
            s4r = x.fma(right, s4r);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[i + 5]);
            s5l = x.fma(left, s5l);
            s5r = x.fma(right, s5r);
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
    }
}
