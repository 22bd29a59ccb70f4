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
import invar.core.spi.Backend;
import invar.core.spi.Precision;
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
    private final Precision factors;

    /// @param precision what the backend rounds to: normally its floating type
    Comparison(Device device, DType precision) {
        this(device, precision, Precision.FP32);
    }

    /// @param factors what it rounds the factors of products to, if that is less
    Comparison(Device device, DType precision, Precision factors) {
        this.device = device;
        this.precision = precision;
        this.factors = factors;
    }

    /// Fails if the device's results are not the reference's, if it changes an input, or if it touches foreign memory.
    void check(Case c) {
        double[][] expected = values(new Device("reference", new ReferenceBackend()), c.in(), c);
        Spread spread = new Spread(noise(c, expected), ofFactors(c, expected));
        try (Scope scope = device.scope()) {
            device.full(Shape.of(1 << 14), Double.NaN);             // memory is used again: nobody may count on zeros
            scope.reset();
            Tensor[] in = c.inputs(device);
            compare(c, "on its own", c.run(in), expected, spread);
            assertUnchanged(c, in);
        }
        guarded(c, expected, spread);
    }

    /// How far each element of each result moves, in runs with roundings everywhere, and in runs with rounded factors.
    private record Spread(double[][] noise, double[][] ofFactors) {}

    private double[][] noise(Case c, double[][] expected) {
        double[][] noise = still(expected);
        if (c.tolerance().terms() == 0) return noise;
        double ulp = Tolerance.ulp(precision);
        for (int run = 0; run < NOISY_RUNS; run++) {
            Philox random = new Philox(2026, run);
            List<Input> in = c.in().stream().map(x -> x.noisy(random, ulp)).toList();
            move(noise, values(new Device("noisy", new NoisyBackend(random, ulp)), in, c), expected);
        }
        return noise;
    }

    /// Factors rounded at random, because not every one is rounded in one run, and as tensor cores round them, because
    /// equal ones are rounded alike.
    private double[][] ofFactors(Case c, double[][] expected) {
        double[][] ofFactors = still(expected);
        if (factors == Precision.FP32 || c.tolerance().terms() == 0) return ofFactors;
        move(ofFactors, values(new Factors(x -> Factors.rounded(factors, x)), c), expected);
        for (int run = 0; run < NOISY_RUNS; run++) {
            Philox random = new Philox(2027, run);
            Backend moved = new Factors(x -> NoisyBackend.moved(x, random, factors.roundoff()));
            move(ofFactors, values(moved, c), expected);
        }
        return ofFactors;
    }

    private static double[][] still(double[][] expected) {
        return Arrays.stream(expected).map(x -> new double[x.length]).toArray(double[][]::new);
    }

    private static void move(double[][] spread, double[][] moved, double[][] expected) {
        for (int i = 0; i < spread.length; i++) {
            for (int j = 0; j < spread[i].length; j++) {
                double difference = Math.abs(moved[i][j] - expected[i][j]);
                if (Double.isFinite(difference)) spread[i][j] = Math.max(spread[i][j], difference);
            }
        }
    }

    private static double[][] values(Backend backend, Case c) {
        return values(new Device("changed", backend), c.in(), c);
    }

    private static double[][] values(Device device, List<Input> in, Case c) {
        Tensor[] tensors = in.stream().map(x -> x.on(device)).toArray(Tensor[]::new);
        return c.run(tensors).stream().map(Tensor::doubles).toArray(double[][]::new);
    }

    /// The same with every input a view into a larger tensor, at an odd offset, and every output amid foreign memory.
    private void guarded(Case c, double[][] expected, Spread spread) {
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
        compare(c, "as views", results, expected, spread);
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

    private void compare(Case c, String how, List<Tensor> actual, double[][] expected, Spread spread) {
        if (actual.size() != expected.length) fail("%s: %d results, not %d", c, actual.size(), expected.length);
        for (int i = 0; i < expected.length; i++) {
            Tensor result = actual.get(i);
            double[] values = result.doubles();
            if (values.length != expected[i].length) {
                fail("%s: result %d has %d elements, not %d", c, i, values.length, expected[i].length);
            }
            int row = result.shape().rank() == 0 ? 1 : result.dim(-1);
            double[] noise = c.tolerance().terms() > 1 ? overRow(spread.noise[i], row) : spread.noise[i];
            double[] ofFactors = overRow(spread.ofFactors[i], row);
            for (int j = 0; j < values.length; j++) {
                double y = result.dtype().floating() ? rounded(expected[i][j]) : expected[i][j];
                double allowed = result.dtype().floating() ? c.tolerance().allowed(y, noise[j], precision)
                        + c.tolerance().ofFactors(y, ofFactors[j], factors) : 0;
                if (agrees(values[j], y, allowed)) continue;
                fail("%s, %s: result %d, element %d of %s is %s but should be %s ± %.3g",
                        c, how, i, j, result.shape(), values[j], y, allowed);
            }
        }
    }

    /// The noise of each element, and at least the mean of its neighbours along the last axis.
    private static double[] overRow(double[] noise, int row) {
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
