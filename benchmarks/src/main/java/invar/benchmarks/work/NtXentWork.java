package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.fused.NtXent;
import invar.ssl.Losses;

/// The loss of SimCLR on 2N rows, and its gradient.
public final class NtXentWork extends Workload {

    /// τ.
    public static final double TEMPERATURE = 0.1;

    private final int n, d;
    private final Pass pass;
    private final Tensor z;

    /// @param n N, pairs of rows
    public NtXentWork(Device device, int n, int d, Pass pass) {
        super(device);
        this.n = n;
        this.d = d;
        this.pass = pass;
        this.z = input(1, 2 * n, d);
    }

    @Override
    protected Tensor[] compute() {
        return differentiated(pass, () -> Losses.ntXent(z, TEMPERATURE), z);
    }

    @Override
    protected Workload small(Device on) {
        return new NtXentWork(on, Math.min(n, 67), Math.min(d, 33), pass);
    }

    /// The log-sum-exps that the op keeps are checked at some rows; with them, the loss is a sum over rows, and each
    /// row of the gradient can be computed alone.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        int rows = 2 * n;
        double loss = out[0].item();
        float[] gradient = pass == Pass.BOTH ? out[1].floats() : null, x = z.floats();
        float[] lse = Ops.apply(new NtXent(TEMPERATURE), z)[1].floats();
        double[] inverse = DoubleRows.inverseNorms(x, d);
        double expectedLoss = 0;
        for (int i = 0; i < rows; i++) {
            int p = (i + n) % rows;
            expectedLoss += (lse[i] - DoubleRows.dot(x, i, x, p, d) * inverse[i] * inverse[p] / TEMPERATURE) / rows;
        }
        guard.agree("the loss", expectedLoss, loss);
        for (int i : Inputs.places(rows, 7)) {
            double[] s = DoubleRows.dots(x, i, x, d);
            for (int k = 0; k < rows; k++) s[k] *= inverse[i] * inverse[k] / TEMPERATURE;
            s[i] = Double.NEGATIVE_INFINITY;
            guard.agree("log-sum-exp of row " + i, DoubleRows.logSumExp(s), lse[i]);
            if (pass == Pass.BOTH) {
                guard.agree("gradient of row " + i, gradient(i, s, lse, x, inverse), DoubleRows.rows(gradient, d, i));
            }
        }
    }

    /// With u the unit rows: duᵢ = 1/(2N τ) [Σ_k (e^(sᵢₖ − lseᵢ) + e^(sᵢₖ − lseₖ)) uₖ − 2 u_p(i)].
    private double[] gradient(int i, double[] s, float[] lse, float[] x, double[] inverse) {
        int rows = 2 * n, p = (i + n) % rows;
        double[] du = new double[d];
        for (int k = 0; k < rows; k++) {
            double weight = Math.exp(s[k] - lse[i]) + Math.exp(s[k] - lse[k]) - (k == p ? 2 : 0);
            for (int c = 0; c < d; c++) du[c] += weight * inverse[k] * x[k * d + c] / (rows * TEMPERATURE);
        }
        double along = 0;
        for (int c = 0; c < d; c++) along += du[c] * inverse[i] * x[i * d + c];
        for (int c = 0; c < d; c++) du[c] = inverse[i] * (du[c] - along * inverse[i] * x[i * d + c]);
        return du;
    }

    @Override
    public String toString() {
        return "NT-Xent of 2 x " + n + " rows, D = " + d + ", " + pass;
    }
}
