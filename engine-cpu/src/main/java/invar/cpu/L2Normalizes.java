package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.Tensor;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;

/// [L2Normalize] and its gradient.
final class L2Normalizes {

    private L2Normalizes() {}

    static void forward(L2Normalize op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int d = in[0].dim(-1), rows = in[0].size() / d;
        UnitRows.normalize(parallel, floats(in[0]), at(in[0]), rows, d, op.epsilon(), floats(out[1]), at(out[1]),
                floats(out[0]), at(out[0]));
    }

    static void backward(L2NormalizeGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int d = in[0].dim(-1), rows = in[0].size() / d, xo = at(in[0]), ro = at(in[1]), go = at(in[2]), to = at(out[0]);
        float[] x = floats(in[0]), r = floats(in[1]), du = floats(in[2]), dx = floats(out[0]);
        Chunks.each(parallel, rows, d, row -> {
            float[] u = Scratch.UNIT_ROWS.floats(d);
            UnitRows.scale(Parallel.INLINE, x, xo + row * d, 1, d, r, ro + row, u, 0);
            UnitRows.backward(u, 0, d, r[ro + row], op.epsilon(), du, go + row * d, 1, dx, to + row * d,
                    new double[Doubles.WIDTH]);
        });
    }
}
