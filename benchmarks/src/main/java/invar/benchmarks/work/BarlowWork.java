package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.stream.IntStream;

/// The loss of Barlow Twins on two batches (N, D): the cross-correlation of their features, and how far it is from the
/// identity; and its gradients.
public final class BarlowWork extends Workload {

    /// λ.
    public static final double LAMBDA = 0.0051;
    private static final double EPSILON = 1e-5;

    private final int n, d;
    private final Pass pass;
    private final Tensor a, b;

    public BarlowWork(Device device, int n, int d, Pass pass) {
        super(device);
        this.n = n;
        this.d = d;
        this.pass = pass;
        this.a = input(view(2), n, d);
        this.b = input(view(3), n, d);
    }

    /// Two views that agree in part, so that the diagonal of the correlation is neither 0 nor 1.
    private float[] view(long seed) {
        return view(seed, n, d);
    }

    /// The rows of a view, also for other libraries: seed 2 is a, seed 3 is b.
    public static float[] view(long seed, int n, int d) {
        float[] common = Inputs.normal(1, n * d), own = Inputs.normal(seed, n * d);
        for (int i = 0; i < own.length; i++) own[i] = 0.5f * own[i] + common[i];
        return own;
    }

    @Override
    protected Tensor[] compute() {
        return differentiated(pass, () -> Losses.barlowTwins(a, b, LAMBDA), a, b);
    }

    @Override
    protected Workload small(Device on) {
        return new BarlowWork(on, Math.min(n, 19), Math.min(d, 67), pass);
    }

    /// The loss through Σᵢⱼ cᵢⱼ² = ⟨ÂÂᵀ, B̂B̂ᵀ⟩ / N², and some columns of the gradient for a, each of which depends on
    /// one row of the correlation matrix.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] x = standardized(a.floats(), null), y = standardized(b.floats(), null);
        double squares = IntStream.range(0, n).parallel().mapToDouble(i -> {
            double sum = 0;
            for (int j = 0; j <= i; j++) {
                sum += (i == j ? 1 : 2) * DoubleRows.dot(x, i, x, j, d) * DoubleRows.dot(y, i, y, j, d);
            }
            return sum;
        }).sum() / ((double) n * n);
        double loss = LAMBDA * squares;
        for (int i = 0; i < d; i++) {
            double c = correlation(x, i, y, i);
            loss += (1 - c) * (1 - c) - LAMBDA * c * c;
        }
        guard.agree("the loss", loss, out[0].item());
        if (pass == Pass.FORWARD) return;
        float[] da = out[1].floats(), rstd = new float[d];
        standardized(a.floats(), rstd);
        for (int i : Inputs.places(d, 5)) {
            double[] actual = new double[n];
            for (int r = 0; r < n; r++) actual[r] = da[r * d + i];
            guard.agree("column " + i + " of da", column(i, x, y, rstd[i]), actual);
        }
    }

    /// â[r, i] = (a[r, i] − mean) rstd, rounded to float once; `rstd` receives the factors if it is not null.
    private float[] standardized(float[] values, float[] rstd) {
        float[] hat = new float[values.length];
        IntStream.range(0, d).parallel().forEach(i -> {
            double sum = 0, squares = 0;
            for (int r = 0; r < n; r++) sum += values[r * d + i];
            double mean = sum / n;
            for (int r = 0; r < n; r++) squares += (values[r * d + i] - mean) * (values[r * d + i] - mean);
            double factor = 1 / Math.sqrt(squares / n + EPSILON);
            for (int r = 0; r < n; r++) hat[r * d + i] = (float) ((values[r * d + i] - mean) * factor);
            if (rstd != null) rstd[i] = (float) factor;
        });
        return hat;
    }

    private double correlation(float[] x, int i, float[] y, int j) {
        double sum = 0;
        for (int r = 0; r < n; r++) sum += (double) x[r * d + i] * y[r * d + j];
        return sum / n;
    }

    private double[] column(int i, float[] x, float[] y, double rstd) {
        double[] c = new double[d], dHat = new double[n];
        for (int r = 0; r < n; r++) {
            for (int j = 0; j < d; j++) c[j] += (double) x[r * d + i] * y[r * d + j] / n;
        }
        double mean = 0, along = 0;
        for (int r = 0; r < n; r++) {
            for (int j = 0; j < d; j++) {
                double slope = j == i ? 2 * (c[j] - 1) : 2 * LAMBDA * c[j];
                dHat[r] += slope * y[r * d + j] / n;
            }
            mean += dHat[r] / n;
            along += dHat[r] * x[r * d + i] / n;
        }
        for (int r = 0; r < n; r++) dHat[r] = rstd * (dHat[r] - mean - along * x[r * d + i]);
        return dHat;
    }

    @Override
    public String toString() {
        return "Barlow Twins of (" + n + ", " + d + "), " + pass;
    }
}
