package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.AugmentImages;
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
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;
import invar.core.reference.ReferenceBackend;
import invar.core.testkit.AugmentCases;
import invar.core.testkit.Input;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Fused ops on tensors larger than the contract's: rows for whole blocks, sums cut into pieces, several spans of
/// features. Results agree with the reference and are the same whatever order warps run in.
class FusedKernelsTest {

    /// Largest difference, of the largest expected number: what the ops' sums may gather in single precision.
    private static final double ROUNDING = 3e-6;

    private Device device;

    @BeforeEach
    void open() {
        device = new Device("tested", Emulator.backend());
    }

    @AfterEach
    void close() {
        Emulator.seed(1);
        device.close();
    }

    /// Returns what the reference computes, rounded.
    private List<Input> check(Op op, Input... in) {
        Device reference = new Device("reference", new ReferenceBackend());
        Tensor[] expected = Ops.apply(op, tensors(reference, in));
        List<double[]> first = run(op, in);
        for (long seed : new long[] {2, 0}) {
            Emulator.seed(seed);
            List<double[]> again = run(op, in);
            for (int i = 0; i < first.size(); i++) {
                assertThat(Arrays.mismatch(again.get(i), first.get(i)))
                        .as("element of result %d of %s that differs with seed %d", i, op, seed).isEqualTo(-1);
            }
        }
        Emulator.seed(1);
        List<Input> outputs = new ArrayList<>();
        for (int i = 0; i < expected.length; i++) {
            double[] y = expected[i].doubles();
            double largest = Arrays.stream(y).map(Math::abs).max().orElseThrow(), worst = 0;
            for (int j = 0; j < y.length; j++) worst = Math.max(worst, Math.abs(y[j] - first.get(i)[j]));
            assertThat(worst / largest).as("relative error of result %d of %s on %s", i, op, in[0].shape())
                    .isLessThan(ROUNDING);
            outputs.add(Input.of(expected[i].shape(), y));
        }
        return outputs;
    }

    private List<double[]> run(Op op, Input... in) {
        return Arrays.stream(Ops.apply(op, tensors(device, in))).map(Tensor::doubles).toList();
    }

    private static Tensor[] tensors(Device device, Input... in) {
        return Arrays.stream(in).map(x -> x.integer()
                ? device.integers(x.shape(), Arrays.stream(x.values()).mapToInt(v -> (int) v).toArray())
                : device.tensor(x.shape(), x.values())).toArray(Tensor[]::new);
    }

    private static Input gaussian(long seed, int... extents) {
        return Input.gaussian(seed, Shape.of(extents));
    }

    @Test
    void sumsOfChannelsAreCutIntoPieces() {
        for (Input x : List.of(gaussian(1, 2, 3, 50, 61), gaussian(1, 3, 2, 5000), gaussian(1, 300, 5),
                gaussian(1, 150, 9, 3))) {
            int channels = x.shape().dim(1);
            Input gamma = gaussian(2, channels), beta = gaussian(3, channels), dy = Input.gaussian(4, x.shape());
            List<Input> out = check(new BatchNorm(1e-5, true), x, gamma, beta);
            check(new BatchNormGrad(1e-5, true, true), x, gamma, out.get(1), out.get(2), out.get(0), dy);
        }
    }

    @Test
    void aBlockTakesALongRow() {
        Input x = gaussian(1, 3, 1100), dy = gaussian(2, 3, 1100), gamma = gaussian(3, 1100), beta = gaussian(4, 1100);
        List<Input> unit = check(new L2Normalize(1e-12), x);
        check(new L2NormalizeGrad(1e-12), x, unit.get(1), dy);
        List<Input> layer = check(new LayerNorm(1e-5), x, gamma, beta);
        check(new LayerNormGrad(), x, gamma, layer.get(1), layer.get(2), dy);
        Input labels = Input.integers(Shape.of(3), 7, -100, 1099), g = Input.scalar(0.7);
        List<Input> entropy = check(new SoftmaxCrossEntropy(0.1, -100), x, labels);
        check(new SoftmaxCrossEntropyGrad(0.1, -100), x, labels, entropy.get(1), entropy.get(2), entropy.get(3), g);
    }

    @Test
    void parametersOfLayerNormAreSummedInPieces() {
        Input x = gaussian(1, 333, 37), gamma = gaussian(2, 37), beta = gaussian(3, 37), dy = gaussian(4, 333, 37);
        List<Input> out = check(new LayerNorm(1e-5), x, gamma, beta);
        check(new LayerNormGrad(), x, gamma, out.get(1), out.get(2), dy);
    }

    @Test
    void ntXentHasManyTilesAndSpans() {
        for (Input z : List.of(gaussian(1, 330, 40), gaussian(1, 70, 300), gaussian(1, 6, 1100))) {
            for (double temperature : new double[] {0.2, 0.02}) {
                check(new NtXent(temperature), z);
                check(new NtXentAndGrad(temperature), z);
            }
        }
    }

    /// From 1025 rows on a block passes over more than one tile of columns.
    @Test
    void aBlockOfNtXentPassesOverManyTiles() {
        assertThat(Tiles.columnTiles(Tiles.along(1100), 1100)).isGreaterThan(1);
        Input z = gaussian(1, 1100, 8);
        check(new NtXentAndGrad(0.2), z);
        check(new NtXentAndGrad(0.02), z);                    // with a running maximum
    }

    @Test
    void anEmptyLossOfNtXentIsExact() {
        assertThat(run(new NtXent(0.1), Input.of(Shape.of(2, 2), 3, 4, 4, 3)).getFirst()).containsExactly(0);
        double[] apart = {1, 0, -1, 0, 1, 0, -1, 0};
        assertThat(run(new NtXent(0.05), Input.of(Shape.of(4, 2), apart)).getFirst()[0])
                .isCloseTo(2 * Math.exp(-40), withinPercentage(0.001));
    }

    /// In shared memory; in more of it than a block has without asking; too large for it; by fewer blocks than views.
    @Test
    void viewsAreMadeInSharedMemoryOrInPlace() {
        AugmentImages.Change[] all = AugmentImages.Change.values();
        check(new AugmentImages(40, 33, 32), AugmentCases.inputs(new AugmentImages(40, 33, 32), 5, 9, 1, all));
        check(new AugmentImages(61, 90, 64), AugmentCases.inputs(new AugmentImages(61, 90, 64), 2, 3, 2, all));
        check(new AugmentImages(150, 131, 129), AugmentCases.inputs(new AugmentImages(150, 131, 129), 2, 2, 3, all));
        check(new AugmentImages(9, 9, 122), AugmentCases.inputs(new AugmentImages(9, 9, 122), 2, 17, 4,
                AugmentImages.Change.HUE, AugmentImages.Change.FLIP));
    }

    @Test
    void aQueueIsCutIntoPieces() {
        check(new QueueNce(5), gaussian(1, 70, 140), gaussian(2, 70, 140), gaussian(3, 1000, 140));
        assertThat(Tiles.columnTiles((long) Tiles.along(70) * Tiles.spans(140), 8200)).isGreaterThan(1);
        check(new QueueNce(5), gaussian(1, 70, 140), gaussian(2, 70, 140), gaussian(3, 8200, 140));
        check(new QueueNce(1), gaussian(1, 3, 5), gaussian(2, 3, 5), gaussian(3, 20_000, 5));
    }

    @Test
    void productsOfFewTilesAreCutIntoPieces() {
        Input a = gaussian(1, 5, 900), b = gaussian(2, 70, 900);
        List<Input> s = check(new CosineSimilarity(1e-8), a, b);
        check(new CosineSimilarityGrad(1e-8), a, b, s.get(1), s.get(2), gaussian(3, 5, 70));
        Input c = gaussian(1, 600, 70), d = gaussian(2, 3, 70);
        s = check(new CosineSimilarity(1e-8), c, d);
        check(new CosineSimilarityGrad(1e-8), c, d, s.get(1), s.get(2), gaussian(3, 600, 3));
        for (int[] nd : new int[][] {{700, 5}, {4, 300}, {70, 140}}) {
            Input x = gaussian(1, nd[0], nd[1]), y = gaussian(2, nd[0], nd[1]);
            List<Input> out = check(new CrossCorrelation(1e-5), x, y);
            check(new CrossCorrelationGrad(), x, y, out.get(1), out.get(2), out.get(3), out.get(4),
                    gaussian(3, nd[1], nd[1]));
        }
    }

    @Test
    void barlowTwinsHasManyTiles() {
        Input a = gaussian(1, 140, 600), b = gaussian(2, 140, 600);
        List<Input> out = check(new BarlowTwins(0.01, 1e-5), a, b);
        check(new BarlowTwinsGrad(0.01), a, b, out.get(1), out.get(2), out.get(3), out.get(4), out.get(5), out.get(6),
                out.get(7), Input.scalar(1.5));
    }

    @Test
    void aLabelThatIsNoClassGivesNaN() {
        Input x = gaussian(1, 3, 5), labels = Input.integers(Shape.of(3), 1, 5, 2);
        assertThat(run(new SoftmaxCrossEntropy(0, -100), x, labels).getFirst()).containsExactly(Double.NaN);
    }
}
