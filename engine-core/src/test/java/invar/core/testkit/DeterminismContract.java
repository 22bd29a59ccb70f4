package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Device;
import invar.core.MovementOp.Scatter;
import invar.core.Op;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.Unary;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Random;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BatchNorm;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.L2Normalize;
import invar.core.fused.LarsUpdate;
import invar.core.fused.LayerNorm;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.spi.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// A backend that passes this gives the same bits every time, whatever the number of its threads. The tensors are large
/// enough to be shared among threads, and their extents are not divisible by the number of threads.
public abstract class DeterminismContract {

    /// Makes the backend.
    protected abstract Backend backend();

    /// Makes the backend with this many threads; overridden where there is such a choice.
    protected Backend backend(int threads) {
        return backend();
    }

    @TestFactory
    Stream<DynamicTest> resultsAreTheSameForEveryNumberOfThreads() {
        return cases().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
            List<double[]> once = run(c, 1);
            for (int threads : new int[] {1, 2, 3}) {
                List<double[]> again = run(c, threads);
                for (int i = 0; i < once.size(); i++) {
                    int at = Arrays.mismatch(once.get(i), again.get(i));
                    assertThat(at).as("element of result %d that differs with %d threads", i, threads).isEqualTo(-1);
                }
            }
        }));
    }

    /// All cases that backends are compared with the reference on: most are small, and there are thousands.
    @Test
    void casesOfTheContractAreTheSameForEveryNumberOfThreads() {
        try (Device one = new Device("one", backend(1)); Device two = new Device("two", backend(2));
                Device three = new Device("three", backend(3))) {
            for (Case c : Cases.all()) {
                List<double[]> once = run(c, one);
                for (Device device : List.of(one, two, three)) assertSame(c, once, run(c, device), device);
            }
        }
    }

    private static void assertSame(Case c, List<double[]> once, List<double[]> again, Device device) {
        for (int i = 0; i < once.size(); i++) {
            int at = Arrays.mismatch(once.get(i), again.get(i));
            if (at == -1) continue;
            throw new AssertionError("%s: result %d differs at element %d with %s thread(s): %s, not %s".formatted(
                    c, i, at, device.name(), again.get(i)[at], once.get(i)[at]));
        }
    }

    private List<double[]> run(Case c, int threads) {
        try (Device device = new Device("tested", backend(threads))) {
            return run(c, device);
        }
    }

    private static List<double[]> run(Case c, Device device) {
        try (Scope _ = device.scope()) {
            return c.run(c.inputs(device)).stream().map(Tensor::doubles).toList();
        }
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        Input flat = Input.gaussian(1, Shape.of(70_001)), wide = Input.gaussian(2, Shape.of(67, 1031));
        add(cases, Unary.GELU, flat);
        add(cases, Binary.MUL, wide, Input.gaussian(3, Shape.of(1031)));
        for (Shape to : List.of(Shape.of(), Shape.of(1031), Shape.of(67, 1))) add(cases, new SumTo(to), wide);
        add(cases, new SumTo(Shape.of(1, 5, 1, 1)), Input.gaussian(1, Shape.of(17, 5, 31, 29)));
        add(cases, new LogSumExp(0), wide);
        add(cases, new Softmax(1), wide);
        Input a = Input.gaussian(1, Shape.of(131, 259)), b = Input.gaussian(2, Shape.of(259, 97));
        add(cases, new MatMul(false, false), a, b);
        add(cases, new MatMul(true, false), b, Input.gaussian(4, Shape.of(259, 33)));
        add(cases, new MatMul(false, true), a, Input.gaussian(3, Shape.of(65, 259)));
        Input thin = Input.gaussian(1, Shape.of(3, 4099));
        add(cases, new MatMul(false, false), thin, Input.gaussian(2, Shape.of(4099, 5)));
        Conv2d conv = Conv2d.of(2, 1);
        Shape x = Shape.of(5, 7, 33, 31), w = Shape.of(9, 7, 3, 3), y = conv.infer(x, w)[0];
        add(cases, conv, Input.gaussian(1, x), Input.gaussian(2, w));
        add(cases, new Conv2dInputGrad(conv, 33, 31), Input.gaussian(3, y), Input.gaussian(2, w));
        add(cases, new Conv2dWeightGrad(conv, 3, 3), Input.gaussian(1, x), Input.gaussian(3, y));
        add(cases, new Scatter(7), Input.gaussian(1, Shape.of(1031, 33)), Input.integersBelow(7, 2, Shape.of(1031)));
        both(cases, new MaxPool2d(3, 2, 1), Input.gaussian(1, x));
        both(cases, new AvgPool2d(3, 2, 1), Input.gaussian(1, x));
        Input p = Input.gaussian(5, Shape.of(70_001)), lr = Input.scalar(0.1);
        LarsUpdate lars = new LarsUpdate(LarsUpdate.Form.AUTHORS, 1e-3, 0.9, 1e-4, false, false, true);
        add(cases, lars, p, flat.scale(0.1), flat, lr);
        for (Distribution distribution : Distribution.values()) add(cases, new Random(distribution, 1, 2), flat);
        fused(cases);
        return cases;
    }

    private static void fused(List<Case> cases) {
        Input z = Input.gaussian(1, Shape.of(130, 67)), other = Input.gaussian(2, Shape.of(130, 67));
        Input gamma = Input.gaussian(3, Shape.of(67)), beta = Input.gaussian(4, Shape.of(67));
        Shape images = Shape.of(5, 7, 33, 31);
        both(cases, new BatchNorm(1e-5, true), z, gamma, beta);
        both(cases, new BatchNorm(1e-5, true), Input.gaussian(1, images), Input.gaussian(2, Shape.of(7)),
                Input.gaussian(3, Shape.of(7)));
        both(cases, new BatchNorm(1e-5, true), Input.gaussian(1, images), Input.gaussian(2, Shape.of(7)),
                Input.gaussian(3, Shape.of(7)), Input.gaussian(4, images));
        both(cases, new LayerNorm(1e-5), z, gamma, beta);
        both(cases, new L2Normalize(1e-12), z);
        both(cases, new CosineSimilarity(1e-8), z, Input.gaussian(5, Shape.of(33, 67)));
        both(cases, new CrossCorrelation(1e-5), z, other);
        both(cases, new BarlowTwins(0.005, 1e-5), z, other);
        both(cases, new BarlowTwins(1, 1e-5), Input.gaussian(1, Shape.of(67, 1031)), wide(2));
        for (double temperature : new double[] {0.1, 0.01}) {
            both(cases, new NtXent(temperature), z);
            both(cases, new NtXentAndGrad(temperature), z);
        }
        add(cases, new NtXentGrad(0.1), z, Input.gaussian(5, Shape.of(130, 1)), Input.gaussian(6, Shape.of(130, 1)),
                Input.scalar(1));
        both(cases, new QueueNce(0.1), z, other, Input.gaussian(5, Shape.of(2100, 67)));
        int[] labels = IntStream.range(0, 130).map(i -> i * 29 % 67).toArray();
        both(cases, new SoftmaxCrossEntropy(0.1, -100), z, Input.integers(Shape.of(130), labels));
    }

    private static Input wide(long seed) {
        return Input.gaussian(seed, Shape.of(67, 1031));
    }

    private static void add(List<Case> cases, Op op, Input... in) {
        cases.add(Case.of("", op, Tolerance.EXACT, in));
    }

    /// The op, and its gradient.
    private static void both(List<Case> cases, Op op, Input... in) {
        add(cases, op, in);
        Shape[] shapes = Arrays.stream(in).map(Input::shape).toArray(Shape[]::new);
        Input[] withSeed = Arrays.copyOf(in, in.length + 1);
        withSeed[in.length] = Input.gaussian(9, op.infer(shapes)[0]);
        cases.add(Case.gradient("", op, Tolerance.EXACT, withSeed));
    }
}
