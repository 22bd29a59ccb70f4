package invar.core.testkit;

import static org.assertj.core.api.Assertions.fail;

import invar.core.DType;
import invar.core.Device;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Slice;
import invar.core.Op;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Runs a [Case] on the reference backend and on another, and compares.
final class Comparison {

    /// Noisy runs of the reference. With four of them the chance that one element hardly moves in all is small; its
    /// neighbours along the last axis vouch for it besides.
    private static final int NOISY_RUNS = 4;

    private final Device device;
    private final DType precision;

    /// @param precision what the backend rounds to: normally its floating type
    Comparison(Device device, DType precision) {
        this.device = device;
        this.precision = precision;
    }

    /// Fails if the device's results are not the reference's, if it changes an input, or if it touches foreign memory.
    void check(Case c) {
        double[][] expected = values(new Device("reference", new ReferenceBackend()), c.in(), c);
        double[][] noise = noise(c, expected);
        try (Scope scope = device.scope()) {
            device.full(Shape.of(1 << 14), Double.NaN);             // memory is used again: nobody may count on zeros
            scope.reset();
            Tensor[] in = c.inputs(device);
            compare(c, "on its own", c.run(in), expected, noise);
            assertUnchanged(c, in);
        }
        guarded(c, expected, noise);
    }

    private double[][] noise(Case c, double[][] expected) {
        double[][] noise = new double[expected.length][];
        for (int i = 0; i < noise.length; i++) noise[i] = new double[expected[i].length];
        if (c.tolerance().terms() == 0) return noise;
        double ulp = Tolerance.ulp(precision);
        for (int run = 0; run < NOISY_RUNS; run++) {
            Philox random = new Philox(2026, run);
            List<Input> in = c.in().stream().map(x -> x.noisy(random, ulp)).toList();
            double[][] moved = values(new Device("noisy", new NoisyBackend(random, ulp)), in, c);
            for (int i = 0; i < noise.length; i++) {
                for (int j = 0; j < noise[i].length; j++) {
                    double difference = Math.abs(moved[i][j] - expected[i][j]);
                    if (Double.isFinite(difference)) noise[i][j] = Math.max(noise[i][j], difference);
                }
            }
        }
        return noise;
    }

    private static double[][] values(Device device, List<Input> in, Case c) {
        Tensor[] tensors = in.stream().map(x -> x.on(device)).toArray(Tensor[]::new);
        return c.run(tensors).stream().map(Tensor::doubles).toArray(double[][]::new);
    }

    /// The same with every input a view into a larger tensor, at an odd offset, and every output amid foreign memory.
    private void guarded(Case c, double[][] expected, double[][] noise) {
        List<Guarded> in = new ArrayList<>(), out = new ArrayList<>();
        int written = c.op() instanceof Op.InPlace update ? update.written() : 0;
        for (int i = 0; i < c.in().size(); i++) in.add(Guarded.of(device, c.in().get(i), 3 + 2 * i, i < written));
        Tensor[] x = in.stream().map(Guarded::inside).toArray(Tensor[]::new);
        List<Tensor> results;
        if (executes(c.op()) && !c.gradient()) {
            Shape[] shapes = c.op().infer(Arrays.stream(x).map(Tensor::shape).toArray(Shape[]::new));
            for (int i = 0; i < shapes.length; i++) {
                out.add(Guarded.empty(device, shapes[i], c.op().integerOutput(i), 16));     // as a scope aligns them
            }
            device.backend().execute(c.op(), x, out.stream().map(Guarded::inside).toArray(Tensor[]::new));
            results = c.op() instanceof Op.InPlace update
                    ? Case.written(update, x) : out.stream().map(Guarded::inside).toList();
        } else {
            results = c.run(x);
        }
        compare(c, "as views", results, expected, noise);
        assertUnchanged(c, x);
        for (int i = 0; i < in.size(); i++) in.get(i).assertIntact(c + ", input " + i);
        for (int i = 0; i < out.size(); i++) out.get(i).assertIntact(c + ", output " + i);
    }

    /// True if the backend runs this op itself: it is no view and not composed.
    private boolean executes(Op op) {
        boolean isView = op instanceof Reshape || op instanceof Slice;
        return !isView && !(op instanceof Op.Fused fused && !device.backend().supports(fused));
    }

    private void assertUnchanged(Case c, Tensor[] in) {
        for (int i = c.op() instanceof Op.InPlace update ? update.written() : 0; i < in.length; i++) {
            double[] after = in[i].doubles(), before = c.in().get(i).values();
            if (!Arrays.equals(after, before)) fail("%s: input %d was overwritten", c, i);
        }
    }

    private void compare(Case c, String how, List<Tensor> actual, double[][] expected, double[][] noise) {
        if (actual.size() != expected.length) fail("%s: %d results, not %d", c, actual.size(), expected.length);
        for (int i = 0; i < expected.length; i++) {
            Tensor result = actual.get(i);
            double[] values = result.doubles();
            if (values.length != expected[i].length) {
                fail("%s: result %d has %d elements, not %d", c, i, values.length, expected[i].length);
            }
            int row = result.shape().rank() == 0 ? 1 : result.dim(-1);
            double[] spread = c.tolerance().terms() > 1 ? spread(noise[i], row) : noise[i];
            for (int j = 0; j < values.length; j++) {
                double y = result.dtype().floating() ? rounded(expected[i][j]) : expected[i][j];
                double allowed = result.dtype().floating() ? c.tolerance().allowed(y, spread[j], precision) : 0;
                if (agrees(values[j], y, allowed)) continue;
                fail("%s, %s: result %d, element %d of %s is %s but should be %s ± %.3g",
                        c, how, i, j, result.shape(), values[j], y, allowed);
            }
        }
    }

    /// The noise of each element, and at least the mean of its neighbours along the last axis.
    private static double[] spread(double[] noise, int row) {
        double[] spread = noise.clone();
        for (int from = 0; from < noise.length; from += row) {
            double sum = 0;
            for (int j = from; j < from + row; j++) sum += noise[j];
            for (int j = from; j < from + row; j++) spread[j] = Math.max(spread[j], sum / row);
        }
        return spread;
    }

    private double rounded(double x) {
        return precision == DType.F32 ? (float) x : x;
    }

    private static boolean agrees(double actual, double expected, double allowed) {
        if (Double.isNaN(expected)) return Double.isNaN(actual);
        return actual == expected || Math.abs(actual - expected) <= allowed;
    }
}
