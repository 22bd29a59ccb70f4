package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.ssl.Losses;

/// The matrix of cosines between the rows of a (N, D) and of b (M, D), and the gradients of Σ seed · s for a and b.
public final class CosineWork extends Workload {

    private final int n, m, d;
    private final Pass pass;
    private final Tensor a, b, seed;

    public CosineWork(Device device, int n, int m, int d, Pass pass) {
        super(device);
        this.n = n;
        this.m = m;
        this.d = d;
        this.pass = pass;
        this.a = input(1, n, d);
        this.b = input(2, m, d);
        this.seed = pass == Pass.BOTH ? input(3, n, m) : null;
    }

    @Override
    protected Tensor[] compute() {
        if (pass == Pass.FORWARD) return new Tensor[] {cosines(a, b)};
        try (Tape tape = Tape.watching(a, b)) {
            Tensor s = cosines(a, b);
            Gradients gradients = tape.gradients(s, seed);
            return new Tensor[] {s, gradients.of(a), gradients.of(b)};
        }
    }

    private static Tensor cosines(Tensor a, Tensor b) {
        return Losses.cosineSimilarityMatrix(a, b, Losses.NORM_FLOOR);
    }

    @Override
    protected Workload small(Device on) {
        return new CosineWork(on, Math.min(n, 35), Math.min(m, 51), Math.min(d, 33), pass);
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] x = a.floats(), y = b.floats(), s = out[0].floats();
        double[] inverseX = DoubleRows.inverseNorms(x, d), inverseY = DoubleRows.inverseNorms(y, d);
        for (int i : Inputs.places(n, 5)) {
            double[] expected = DoubleRows.dots(x, i, y, d);
            for (int j = 0; j < m; j++) expected[j] *= inverseX[i] * inverseY[j];
            guard.agree("row " + i, expected, DoubleRows.rows(s, m, i));
            if (pass == Pass.BOTH) inspectGradient(i, out[1].floats(), guard);
        }
    }

    /// Row i of da depends on row i of a and of the seed, and on all of b: the reference backend can do it alone.
    private void inspectGradient(int i, float[] da, Guard guard) {
        try (Device reference = Device.open("reference")) {
            Tensor ai = reference.tensor(Shape.of(1, d), DoubleRows.rows(a.floats(), d, i));
            Tensor bb = reference.tensor(b.shape(), b.doubles());
            Tensor seedI = reference.tensor(Shape.of(1, m), DoubleRows.rows(seed.floats(), m, i));
            try (Tape tape = Tape.watching(ai)) {
                double[] expected = tape.gradients(cosines(ai, bb), seedI).of(ai).doubles();
                guard.agree("da, row " + i, expected, DoubleRows.rows(da, d, i));
            }
        }
    }

    @Override
    public String toString() {
        return "cosines of (" + n + ", " + d + ") and (" + m + ", " + d + "), " + pass;
    }
}
