package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.Tensor;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;

/// [CosineSimilarity] and its gradients: rows of length 1 in working memory, and matrix products of them.
final class CosineSimilarities {

    private CosineSimilarities() {}

    static void forward(CosineSimilarity op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), m = in[1].dim(0), d = in[0].dim(1);
        float[] unit = Scratch.UNIT_ROWS.floats((n + m) * d);
        UnitRows.normalize(parallel, floats(in[0]), at(in[0]), n, d, op.epsilon(), floats(out[1]), at(out[1]), unit, 0);
        UnitRows.normalize(parallel, floats(in[1]), at(in[1]), m, d, op.epsilon(), floats(out[2]), at(out[2]), unit,
                n * d);
        Gemm.multiply(parallel, false, true, n, m, d, unit, 0, d, unit, n * d, d, false, floats(out[0]), at(out[0]), m);
    }

    static void backward(CosineSimilarityGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), m = in[1].dim(0), d = in[0].dim(1), so = at(in[4]), ao = at(out[0]), bo = at(out[1]);
        float[] unit = Scratch.UNIT_ROWS.floats((n + m) * d), ds = floats(in[4]), da = floats(out[0]),
                db = floats(out[1]);
        float[] rA = floats(in[2]), rB = floats(in[3]);
        UnitRows.scale(parallel, floats(in[0]), at(in[0]), n, d, rA, at(in[2]), unit, 0);
        UnitRows.scale(parallel, floats(in[1]), at(in[1]), m, d, rB, at(in[3]), unit, n * d);
        Gemm.multiply(parallel, false, false, n, d, m, ds, so, m, unit, n * d, d, false, da, ao, d);       // ds v
        Gemm.multiply(parallel, true, false, m, d, n, ds, so, m, unit, 0, d, false, db, bo, d);            // dsᵀ u
        throughLength(op.epsilon(), unit, 0, n, d, rA, at(in[2]), da, ao, parallel);
        throughLength(op.epsilon(), unit, n * d, m, d, rB, at(in[3]), db, bo, parallel);
    }

    private static void throughLength(double epsilon, float[] u, int uo, int rows, int d, float[] r, int ro, float[] dx,
            int at, Parallel parallel) {
        Chunks.each(parallel, rows, d, row -> UnitRows.backward(u, uo + row * d, d, r[ro + row], epsilon, dx, at
                + row * d,
                1, dx, at + row * d, new double[Doubles.WIDTH]));
    }
}
