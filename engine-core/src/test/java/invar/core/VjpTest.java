package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.MovementOp.Concat;
import invar.core.MovementOp.Embed;
import invar.core.MovementOp.FillDiagonal;
import invar.core.MovementOp.Gather;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Scatter;
import invar.core.MovementOp.Slice;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;
import invar.core.fused.LayerNorm;
import invar.core.fused.LayerNormGrad;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;
import invar.core.testkit.FusedGradient;
import invar.core.testkit.GradCheck;
import invar.core.testkit.OpKinds;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every derivative against central differences.
final class VjpTest {

    /// Ops without a derivative: they overwrite, take only integers, or are themselves gradients, derived once.
    private static final Set<String> NOT_DIFFERENTIABLE = Set.of(
            "Assign.ACCUMULATE", "Assign.AVERAGE", "Assign.COPY", "Assign.DESCEND", "PutRows", "Advance", "Fill",
            "Random", "SgdUpdate", "AdamUpdate", "LarsUpdate", "OneHot", "MaxPool2dGrad", "BarlowTwinsGrad",
            "BatchNormGrad", "CosineSimilarityGrad", "CrossCorrelationGrad", "L2NormalizeGrad",
            "LayerNormGrad", "NtXentGrad", "SoftmaxCrossEntropyGrad", "AugmentImages");

    /// An op and inputs, the floating ones first; only those are differentiated by.
    private record Check(Op op, List<Tensor> in) {}

    private final Device device = Device.open("reference");
    private final List<Check> checks = new ArrayList<>();

    private Tensor gaussian(long seed, int... extents) {
        return FusedGradient.gaussian(device, seed, Shape.of(extents));
    }

    /// Numbers at least 0.1 away from 0, where functions have kinks.
    private Tensor offZero(long seed, int... extents) {
        Tensor x = gaussian(seed, extents);
        return x.add(x.sign().scale(0.1));
    }

    /// Numbers of which no two are closer than 0.1.
    private Tensor distinct(long seed, int... extents) {
        Shape shape = Shape.of(extents);
        int[] order = new Philox(seed, 0).permutation((int) shape.elements());
        double[] values = new double[order.length];
        for (int i = 0; i < values.length; i++) values[i] = 0.1 * order[i] - 1;
        return device.tensor(shape, values);
    }

    private void check(Op op, Tensor... in) {
        checks.add(new Check(op, List.of(in)));
    }

    @TestFactory
    Stream<DynamicTest> derivativesAgreeWithCentralDifferences() {
        fill();
        return checks.stream().map(c -> DynamicTest.dynamicTest(OpKinds.of(c.op) + " " + shapes(c.in), () -> {
            Tensor[] in = c.in.toArray(Tensor[]::new);
            if (c.op instanceof Op.Fused fused) {
                FusedGradient.check(fused, 1, in);
                return;
            }
            Tensor[] floating = c.in.stream().filter(x -> x.dtype().floating()).toArray(Tensor[]::new);
            Function<Tensor[], Tensor> f = x -> {
                System.arraycopy(x, 0, in, 0, x.length);
                return Ops.run(c.op, in);
            };
            assertThat(GradCheck.worst(f, 3, 1, floating)).as("%s", c.op).isLessThan(1e-7);
        }));
    }

    private static String shapes(List<Tensor> in) {
        return in.stream().map(Tensor::shape).toList().toString();
    }

    @Test
    void everyOpIsCheckedOrHasNoDerivative() {
        fill();
        Set<String> checked = new TreeSet<>();
        for (Check c : checks) checked.add(OpKinds.of(c.op));
        assertThat(checked).doesNotContainAnyElementsOf(NOT_DIFFERENTIABLE);
        checked.addAll(NOT_DIFFERENTIABLE);
        assertThat(checked).isEqualTo(OpKinds.all());
    }

    private void fill() {
        pointwise();
        reductions();
        contractions();
        movements();
        check(new MaxPool2d(3, 2, 1), distinct(1, 2, 3, 5, 6));
        check(new MaxPool2d(2, 2, 0), distinct(1, 1, 2, 7, 4));
        for (AvgPool2d pool : List.of(new AvgPool2d(3, 2, 1), new AvgPool2d(2, 3, 0))) {
            check(pool, gaussian(1, 2, 3, 7, 6));
            Shape y = pool.infer(Shape.of(2, 3, 7, 6))[0];
            check(new AvgPool2dGrad(pool, 7, 6), gaussian(2, y.extents()));
        }
        fused();
    }

    private void pointwise() {
        for (Unary f : Unary.values()) {
            Tensor x = offZero(1, 3, 7);
            check(f, f == Unary.LOG || f == Unary.SQRT ? x.abs() : x);
        }
        check(new Affine(-2.5, 3), gaussian(1, 2, 5));
        check(new ClampMin(0), offZero(1, 2, 5));
        int[][] broadcast = {{2, 3, 5}, {5}, {3, 1}, {2, 1, 5}, {1}, {}, {1, 3, 1}};
        for (Binary f : Binary.values()) {
            for (int[] extents : broadcast) {
                Tensor x = gaussian(1, 2, 3, 5);
                if (f == Binary.MAX || f == Binary.EQUAL || f == Binary.LESS) {
                    check(f, distinct(1, 2, 3, 5), distinct(2, extents).plus(0.05));
                } else {
                    check(f, x, f == Binary.DIV ? offZero(2, extents) : gaussian(2, extents));
                }
            }
        }
    }

    private void reductions() {
        for (int[] to : new int[][] {{}, {5}, {3, 1}, {2, 1, 5}, {2, 3, 5}, {1, 1, 1}}) {
            check(new SumTo(Shape.of(to)), gaussian(1, 2, 3, 5));
            check(new MaxTo(Shape.of(to)), distinct(1, 2, 3, 5));
            check(new BroadcastTo(Shape.of(2, 3, 5)), gaussian(1, to));
        }
        for (int axis = 0; axis < 3; axis++) {
            check(new LogSumExp(axis), gaussian(1, 2, 7, 3));
            check(new Softmax(axis), gaussian(1, 2, 7, 3));
            check(new LogSoftmax(axis), gaussian(1, 2, 7, 3));
        }
    }

    private void contractions() {
        for (boolean ta : new boolean[] {false, true}) {
            for (boolean tb : new boolean[] {false, true}) {
                MatMul op = new MatMul(ta, tb);
                check(op, ta ? gaussian(1, 5, 3) : gaussian(1, 3, 5), tb ? gaussian(2, 7, 5) : gaussian(2, 5, 7));
                check(op, ta ? gaussian(1, 2, 5, 3) : gaussian(1, 2, 3, 5),
                        tb ? gaussian(2, 2, 7, 5) : gaussian(2, 2, 5, 7));
            }
        }
        convolution(Conv2d.of(1, 1), 2, 3, 5, 6, 4, 3, 3);
        convolution(Conv2d.of(2, 0), 1, 2, 7, 5, 3, 1, 1);
        convolution(new Conv2d(3, 2, 0, 1, 2, 1, 1), 2, 3, 9, 8, 2, 3, 4);
        convolution(new Conv2d(1, 2, 2, 1, 1, 2, 3), 1, 6, 4, 7, 9, 3, 2);
        convolution(new Conv2d(1, 1, 1, 1, 1, 1, 5), 2, 5, 3, 4, 5, 3, 3);
    }

    private void convolution(Conv2d conv, int n, int c, int h, int w, int o, int kh, int kw) {
        Tensor x = gaussian(1, n, c, h, w), weight = gaussian(2, o, c / conv.groups(), kh, kw);
        Tensor dy = gaussian(3, conv.infer(x.shape(), weight.shape())[0].extents());
        check(conv, x, weight);
        check(new Conv2dInputGrad(conv, h, w), dy, weight);
        check(new Conv2dWeightGrad(conv, kh, kw), x, dy);
    }

    private void movements() {
        check(new Reshape(Shape.of(6, 5)), gaussian(1, 2, 3, 5));
        for (int[] order : new int[][] {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {1, 0, 2}}) {
            check(Permute.of(order), gaussian(1, 2, 3, 5));
        }
        for (int axis = 0; axis < 3; axis++) {
            Shape shape = Shape.of(2, 3, 5);
            Tensor longer = gaussian(2, shape.with(axis, 4).extents());
            Tensor one = gaussian(3, shape.with(axis, 1).extents());
            check(new Concat(axis), gaussian(1, 2, 3, 5), longer, one);
            check(new Slice(axis, 1, 2), gaussian(1, 2, 3, 5));
            check(new Embed(axis, 2, 9), gaussian(1, 2, 3, 5));
        }
        Tensor index = device.integers(Shape.of(2, 2), 4, 0, 4, 1);
        check(new Gather(), gaussian(1, 5, 3), index);
        check(new Scatter(5), gaussian(1, 2, 2, 3), index);
        check(new FillDiagonal(7), gaussian(1, 3, 5));
    }

    private void fused() {
        check(new BatchNorm(1e-5, false), gaussian(1, 3, 2, 5, 2), gaussian(2, 2), gaussian(3, 2));
        check(new BatchNorm(1e-5, false), gaussian(1, 3, 2, 5), gaussian(2, 2), gaussian(3, 2), gaussian(4, 3, 2, 5));
        check(new LayerNorm(1e-5), gaussian(1, 3, 5), gaussian(2, 5), gaussian(3, 5));
        check(new L2Normalize(1e-12), gaussian(1, 3, 5));
        check(new CosineSimilarity(1e-8), gaussian(1, 3, 5), gaussian(2, 2, 5));
        check(new CrossCorrelation(1e-5), gaussian(1, 3, 5), gaussian(2, 3, 5));
        check(new BarlowTwins(0.3, 1e-5), gaussian(1, 3, 7), gaussian(2, 3, 7));
        check(new NtXent(0.5), gaussian(1, 6, 5));
        check(new NtXentAndGrad(0.5), gaussian(1, 6, 5));
        check(new QueueNce(0.5), gaussian(1, 3, 5), gaussian(2, 3, 5), gaussian(3, 7, 5));
        check(new SoftmaxCrossEntropy(0.1, -100), gaussian(1, 3, 5), device.integers(Shape.of(3), 4, -100, 2));
    }

    /// The methods of [Tensor] accept the smaller side first.
    @Test
    void theFirstSideMayBeTheOneThatRepeats() {
        Tensor small = offZero(1, 3, 1), large = offZero(2, 2, 3, 5);
        List<Function<Tensor[], Tensor>> methods = List.of(
                x -> x[0].add(x[1]), x -> x[0].sub(x[1]), x -> x[0].mul(x[1]), x -> x[0].div(x[1]),
                x -> x[0].max(x[1]));
        for (Function<Tensor[], Tensor> f : methods) {
            assertThat(GradCheck.worst(f, 3, 1, small, large)).isLessThan(1e-7);
        }
    }

    @Test
    void equalMaximaShareTheGradient() {
        Tensor x = device.tensor(Shape.of(2, 3), 5, 1, 5, 2, 2, 2);
        try (Tape tape = Tape.watching(x)) {
            double[] dx = tape.gradients(x.maximum(1).sum()).of(x).doubles();
            assertThat(dx).containsExactly(new double[] {0.5, 0, 0.5, 1.0 / 3, 1.0 / 3, 1.0 / 3}, within(1e-15));
        }
    }

    @Test
    void atTheirKinksDerivativesAreAsDocumented() {
        Tensor x = device.tensor(Shape.of(2), 0, 0), y = device.tensor(Shape.of(2), 0, 1);
        try (Tape tape = Tape.watching(x, y)) {
            assertThat(tape.gradients(x.relu().sum()).of(x).doubles()).containsExactly(0, 0);
            assertThat(tape.gradients(x.abs().sum()).of(x).doubles()).containsExactly(0, 0);
            assertThat(tape.gradients(x.clampMin(0).sum()).of(x).doubles()).containsExactly(1, 1);
            Gradients maximum = tape.gradients(x.max(y).sum());
            assertThat(maximum.of(x).doubles()).as("ties go to x").containsExactly(1, 0);
            assertThat(maximum.of(y).doubles()).containsExactly(0, 1);
        }
    }

    @Test
    void gradientsThatWereDerivedOnceSaySo() {
        Tensor dy = gaussian(1, 1, 1, 1, 1), place = device.integers(dy.shape(), 0), x = gaussian(1, 2, 3);
        try (Tape tape = Tape.watching(dy, x)) {
            Tensor dx = Ops.run(new PoolingOp.MaxPool2dGrad(2, 2), dy, place);
            assertThatThrownBy(() -> tape.gradients(dx, dx)).hasMessage("max pooling is differentiable once");
        }
        List<Op.Fused> derived = List.of(new BarlowTwinsGrad(1), new BatchNormGrad(1e-5, true, false),
                new CosineSimilarityGrad(1), new CrossCorrelationGrad(),
                new L2NormalizeGrad(1), new LayerNormGrad(),
                new NtXentGrad(1), new SoftmaxCrossEntropyGrad(0, 0));
        for (Op.Fused op : derived) {
            assertThatThrownBy(() -> op.vjp(null, null, null)).hasMessageEndingWith("is differentiable once");
        }
    }
}
