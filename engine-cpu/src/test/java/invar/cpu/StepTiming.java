package invar.cpu;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.Device;
import invar.core.MovementOp.Concat;
import invar.core.Op;
import invar.core.Ops;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.Unary;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.SumTo;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import invar.core.fused.NtXent;
import invar.core.fused.SgdUpdate;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Prints how long the ops of a training step take on one thread and on two: those of a ResNet-10 of width 16 on two
/// views of 128 images of 32 × 32, batch norm of (64, 64, 32, 32), and pointwise ops on 16 M numbers.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -Xmx4g -cp … invar.cpu.StepTiming [part of a name …]
/// ```
/// GB/s counts every tensor once that is read or written. Cost: about half a second a line.
final class StepTiming {

    private static final int ROUNDS = 12;
    private static final long ROUND = 12_000_000;                // ns

    private final String[] wanted;
    private final Device one = new Device("1 thread", new CpuBackend(1));
    private final Device two = new Device("2 threads", new CpuBackend(2));

    private StepTiming(String[] wanted) {
        this.wanted = wanted;
    }

    /// @param args parts of the names of the ops that are timed; all if there are none
    public static void main(String[] args) {
        StepTiming timing = new StepTiming(args);
        System.out.printf("%-62s %9s %9s %6s %8s %8s%n", "", "1T ms", "2T ms", "ratio", "1T GB/s", "2T GB/s");
        int[][] stages = {{16, 16}, {32, 8}, {64, 4}, {128, 2}};
        for (int[] stage : stages) timing.stage(256, stage[0], stage[1]);
        timing.time("stem", Conv2d.of(2, 1), Shape.of(256, 3, 32, 32), Shape.of(16, 3, 3, 3));
        timing.time("pool", new SumTo(Shape.of(256, 128, 1, 1)), Shape.of(256, 128, 2, 2));
        timing.time("pool", new BroadcastTo(Shape.of(256, 128, 2, 2)), Shape.of(256, 128, 1, 1));
        timing.time("views", new Concat(0), Shape.of(128, 3, 32, 32), Shape.of(128, 3, 32, 32));
        timing.time("loss", new NtXent(0.1), Shape.of(256, 128));
        timing.time("sgd", new SgdUpdate(0.9, 1e-4, false), Shape.of(128, 128, 3, 3), Shape.of(128, 128, 3, 3),
                Shape.of(128, 128, 3, 3), Shape.of());
        timing.norm(Shape.of(64, 64, 32, 32));
        timing.ceilings(16 << 20);
        Shape large = Shape.of(16 << 20);
        for (Unary f : new Unary[] {Unary.NEG, Unary.RELU, Unary.EXP}) timing.time("large", f, large);
        timing.time("large", Binary.ADD, large, large);
        timing.time("large", new SgdUpdate(0.9, 1e-4, false), large, large, large, Shape.of());
        timing.one.close();
        timing.two.close();
    }

    private void stage(int n, int c, int side) {
        Shape x = Shape.of(n, c, side, side), w = Shape.of(c, c, 3, 3);
        Conv2d conv = Conv2d.of(1, 1);
        time("conv", conv, x, w);
        time("conv", new Conv2dInputGrad(conv, side, side), x, w);
        time("conv", new Conv2dWeightGrad(conv, 3, 3), x, x);
        norm(x);
        for (Binary f : new Binary[] {Binary.ADD, Binary.MUL}) time("block", f, x, x);
        for (Unary f : new Unary[] {Unary.RELU, Unary.STEP}) time("block", f, x);
    }

    /// What memory gives to two and to three streams: plain loops without an engine around them.
    private void ceilings(int n) {
        float[] x = new float[n], y = new float[n], z = new float[n];
        Arrays.fill(x, 1);
        Arrays.fill(y, 2);
        Arrays.fill(z, 3);
        ceiling("ceiling y = x", 2L * n, n, (at, count) -> copy(x, y, at, count));
        ceiling("ceiling z = x + 3 y", 3L * n, n, (at, count) -> triad(x, y, z, at, count));
    }

    private interface Stretch {
        void run(int at, int count);
    }

    private void ceiling(String name, long numbers, int n, Stretch body) {
        if (!chosen(name)) return;
        try (Parallel alone = new Parallel(1); Parallel both = new Parallel(2)) {
            double[] best = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
            for (int round = -4; round < ROUNDS; round++) {
                for (int i = 0; i < 2; i++) {
                    long begin = System.nanoTime();
                    (i == 0 ? alone : both).run(n / Chunks.SIZE, task -> body.run(task * Chunks.SIZE, Chunks.SIZE));
                    if (round >= 0) best[i] = Math.min(best[i], (System.nanoTime() - begin) * 1e-9);
                }
            }
            print(name, best, numbers);
        }
    }

    private static void copy(float[] x, float[] y, int at, int n) {
        for (int i = at; i < at + n; i += Lanes.WIDTH) {
            FloatVector.fromArray(Lanes.SPECIES, x, i).intoArray(y, i);
        }
    }

    private static void triad(float[] x, float[] y, float[] z, int at, int n) {
        FloatVector three = FloatVector.broadcast(Lanes.SPECIES, 3);
        for (int i = at; i < at + n; i += Lanes.WIDTH) {
            FloatVector a = FloatVector.fromArray(Lanes.SPECIES, x, i);
            FloatVector.fromArray(Lanes.SPECIES, y, i).fma(three, a).intoArray(z, i);
        }
    }

    private void norm(Shape x) {
        Shape channels = Shape.of(x.dim(1));
        for (boolean relu : new boolean[] {false, true}) {
            time("norm", new BatchNorm(1e-5, relu), x, channels, channels);
            time("norm", new BatchNormGrad(1e-5, relu, false), x, channels, channels, channels, x, x);
        }
        time("block", new BatchNorm(1e-5, true), x, channels, channels, x);
        time("block", new BatchNormGrad(1e-5, true, true), x, channels, channels, channels, x, x);
    }

    private void time(String group, Op op, Shape... in) {
        StringBuilder name = new StringBuilder(group).append(' ').append(op);
        long numbers = 0;
        for (Shape shape : in) {
            name.append(' ').append(shape);
            numbers += shape.elements();
        }
        if (op instanceof BatchNormGrad g && !g.relu()) numbers -= in[0].elements();           // y is not read
        if (op instanceof SgdUpdate) numbers += 2 * in[0].elements();
        else for (Shape out : op.infer(in)) numbers += out.elements();
        if (!chosen(name.toString())) return;
        double[] best = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        Tensor[][] inputs = {inputs(one, in), inputs(two, in)};
        for (int round = -4; round < ROUNDS; round++) {          // alternated; the first four are for the compiler
            for (int i = 0; i < 2; i++) {
                double seconds = round(i == 0 ? one : two, op, inputs[i]);
                if (round >= 0) best[i] = Math.min(best[i], seconds);
            }
        }
        print(name.toString(), best, numbers);
    }

    private boolean chosen(String name) {
        boolean chosen = wanted.length == 0;
        for (String part : wanted) chosen |= name.contains(part);
        return chosen;
    }

    private static void print(String name, double[] best, long numbers) {
        System.out.printf("%-62s %9.3f %9.3f %6.2f %8.1f %8.1f%n", name, best[0] * 1e3, best[1] * 1e3,
                best[0] / best[1], numbers * 4e-9 / best[0], numbers * 4e-9 / best[1]);
    }

    private static double round(Device device, Op op, Tensor[] in) {
        try (Scope scope = device.scope()) {
            Ops.apply(op, in);                                   // the scope gets its memory
            long begin = System.nanoTime(), now, calls = 0;
            do {
                scope.reset();
                Ops.apply(op, in);
                calls++;
                now = System.nanoTime();
            } while (now - begin < ROUND);
            return (now - begin) * 1e-9 / calls;
        }
    }

    private static Tensor[] inputs(Device device, Shape[] shapes) {
        Tensor[] in = new Tensor[shapes.length];
        for (int i = 0; i < in.length; i++) {
            Shape shape = shapes[i];
            in[i] = device.zeros(shape);
            float[] some = Numbers.random(4099, i + 1), values = new float[(int) shape.elements()];
            for (int j = 0; j < values.length; j++) {
                values[j] = shape.rank() < 2 ? Math.abs(some[j % some.length]) : some[j % some.length];    // a variance
            }
            in[i].upload(values);
        }
        return in;
    }
}
