package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.fused.BatchNorm;

/// Batch normalisation of (N, C, H, H) with the statistics of the batch, and its gradients for x, γ and β.
public final class BatchNormWork extends Workload {

    private static final double EPSILON = 1e-5;

    private final int n, c, size;
    private final Pass pass;
    private final Tensor x, gamma, beta, dy;

    public BatchNormWork(Device device, int n, int c, int size, Pass pass) {
        super(device);
        this.n = n;
        this.c = c;
        this.size = size;
        this.pass = pass;
        this.x = input(1, n, c, size, size);
        this.gamma = input(2, c);
        this.beta = input(3, c);
        this.dy = input(4, n, c, size, size);
    }

    @Override
    protected Tensor[] compute() {
        return compute(x, gamma, beta, dy);
    }

    private Tensor[] compute(Tensor images, Tensor scale, Tensor shift, Tensor slope) {
        BatchNorm op = new BatchNorm(EPSILON, false);
        if (pass == Pass.FORWARD) return new Tensor[] {Ops.run(op, images, scale, shift)};
        try (Tape tape = Tape.watching(images, scale, shift)) {
            Tensor y = Ops.run(op, images, scale, shift);
            Gradients gradients = tape.gradients(y, slope);
            return new Tensor[] {y, gradients.of(images), gradients.of(scale), gradients.of(shift)};
        }
    }

    @Override
    protected Workload small(Device on) {
        return new BatchNormWork(on, Math.min(n, 9), Math.min(c, 5), Math.min(size, 7), pass);
    }

    /// Channels know nothing of each other.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        for (int channel : new int[] {0, c - 1}) {
            try (Device reference = Device.open("reference")) {
                Shape one = Shape.of(n, 1, size, size), scalar = Shape.of(1);
                Tensor[] expected = compute(
                        reference.tensor(one, channel(x.floats(), channel)),
                        reference.tensor(scalar, gamma.doubles()[channel]),
                        reference.tensor(scalar, beta.doubles()[channel]),
                        reference.tensor(one, channel(dy.floats(), channel)));
                for (int i = 0; i < out.length; i++) {
                    guard.agree("result " + i + ", channel " + channel, expected[i].doubles(),
                            i < 2 ? channel(out[i].floats(), channel) : new double[] {out[i].doubles()[channel]});
                }
            }
        }
    }

    private double[] channel(float[] values, int channel) {
        int area = size * size;
        double[] out = new double[n * area];
        for (int i = 0; i < n; i++) {
            for (int p = 0; p < area; p++) out[i * area + p] = values[(i * c + channel) * area + p];
        }
        return out;
    }

    @Override
    public String toString() {
        return "batch norm of (" + n + ", " + c + ", " + size + ", " + size + "), " + pass;
    }
}
