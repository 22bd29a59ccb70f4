package invar.core.testkit;

import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Tape;
import invar.core.Tensor;
import java.util.function.Function;

/// Checks a gradient without computing all of it: along a random direction v the change of f must be ⟨∇f, v⟩.
/// ```
/// | ⟨∇f, v⟩ − (f(x + εv) − f(x − εv)) / 2ε |  relative to the larger of the two and 1
/// ```
/// Two forward passes per direction, however many inputs; the idea of JAX's check_grads. In double precision, on the
/// reference backend.
public final class GradCheck {

    /// Central differences lose ε² to curvature and 1e-16/ε to rounding: both are about 1e-11 here.
    private static final double EPSILON = 1e-5;

    private GradCheck() {}

    /// The worst relative difference over some random directions, of the gradient of Σ seed · f(x) for a random seed.
    public static double worst(Function<Tensor[], Tensor> f, int directions, long seed, Tensor... x) {
        double worst = 0;
        for (int d = 0; d < directions; d++) worst = Math.max(worst, difference(f, new Philox(seed, d), x));
        return worst;
    }

    private static double difference(Function<Tensor[], Tensor> f, Philox random, Tensor[] x) {
        double[][] at = new double[x.length][], v = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            at[i] = x[i].doubles();
            v[i] = gaussian(random, at[i].length);
        }
        double along = 0;
        double[] weight;
        try (Tape tape = Tape.watching(x)) {
            Tensor y = f.apply(x);
            weight = gaussian(random, y.size());
            Gradients gradients = tape.gradients(y, y.device().tensor(y.shape(), weight));
            for (int i = 0; i < x.length; i++) along += dot(gradients.of(x[i]).doubles(), v[i]);
        }
        double up = shifted(f, x, at, v, EPSILON, weight), down = shifted(f, x, at, v, -EPSILON, weight);
        for (int i = 0; i < x.length; i++) x[i].upload(at[i]);
        double numeric = (up - down) / (2 * EPSILON);
        return Math.abs(along - numeric) / Math.max(1, Math.max(Math.abs(along), Math.abs(numeric)));
    }

    private static double shifted(
            Function<Tensor[], Tensor> f, Tensor[] x, double[][] at, double[][] v, double by, double[] weight) {
        for (int i = 0; i < x.length; i++) {
            double[] moved = at[i].clone();
            for (int j = 0; j < moved.length; j++) moved[j] += by * v[i][j];
            x[i].upload(moved);
        }
        return dot(f.apply(x).doubles(), weight);
    }

    private static double[] gaussian(Philox random, int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) values[i] = random.nextGaussian();
        return values;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
