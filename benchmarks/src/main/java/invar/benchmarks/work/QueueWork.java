package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.stream.IntStream;

/// MoCo's InfoNCE of N queries against their keys and a queue of K others, and the gradient for the queries.
public final class QueueWork extends Workload {

    /// τ.
    public static final double TEMPERATURE = 0.07;

    private final int n, k, d;
    private final Pass pass;
    private final Tensor query, key, queue;

    /// @param n N, queries
    /// @param k K, rows of the queue
    public QueueWork(Device device, int n, int k, int d, Pass pass) {
        super(device);
        this.n = n;
        this.k = k;
        this.d = d;
        this.pass = pass;
        this.query = input(Inputs.unitRows(1, n, d), n, d);
        this.key = input(Inputs.unitRows(2, n, d), n, d);
        this.queue = input(Inputs.unitRows(3, k, d), k, d);
    }

    @Override
    protected Tensor[] compute() {
        return differentiated(pass, () -> Losses.infoNce(query, key, queue, TEMPERATURE), query);
    }

    @Override
    protected Workload small(Device on) {
        return new QueueWork(on, Math.min(n, 19), Math.min(k, 301), Math.min(d, 33), pass);
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        double loss = out[0].item();
        float[] gradient = pass == Pass.BOTH ? out[1].floats() : null;
        float[] q = query.floats(), own = key.floats(), others = queue.floats();
        double expected = IntStream.range(0, n).parallel().mapToDouble(i -> {
            double[] s = scores(i, q, own, others);
            return (DoubleRows.logSumExp(s) - s[0]) / n;
        }).sum();
        guard.agree("the loss", expected, loss);
        if (pass == Pass.FORWARD) return;
        for (int i : Inputs.places(n, 5)) {
            double[] s = scores(i, q, own, others), dq = new double[d];
            double lse = DoubleRows.logSumExp(s);
            for (int c = 0; c < d; c++) dq[c] = (Math.exp(s[0] - lse) - 1) * own[i * d + c] / (n * TEMPERATURE);
            for (int j = 0; j < k; j++) {
                double p = Math.exp(s[1 + j] - lse) / (n * TEMPERATURE);
                for (int c = 0; c < d; c++) dq[c] += p * others[j * d + c];
            }
            guard.agree("gradient of query " + i, dq, DoubleRows.rows(gradient, d, i));
        }
    }

    private double[] scores(int i, float[] q, float[] own, float[] others) {
        double[] s = new double[1 + k];
        s[0] = DoubleRows.dot(q, i, own, i, d) / TEMPERATURE;
        for (int j = 0; j < k; j++) s[1 + j] = DoubleRows.dot(q, i, others, j, d) / TEMPERATURE;
        return s;
    }

    @Override
    public String toString() {
        return "InfoNCE of " + n + " queries against a queue of " + k + ", D = " + d + ", " + pass;
    }
}
