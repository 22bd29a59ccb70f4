package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Device;
import invar.core.Ops;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.cuda.Tiling.Tile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Every tile and number of parts, which sizes as small as the contract's do not reach by themselves, on results of
/// several tiles with ragged edges. The inputs are small integers, which every precision has, so sums are exact and
/// results must be equal.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContractionsTest {

    private record Problem(ContractionOp op, Shape first, Shape second) {
        @Override
        public String toString() {
            return op + " " + first + " " + second;
        }
    }

    private final Map<Precision, Device> devices = new EnumMap<>(Precision.class);
    private final Device reference = new Device("reference", new ReferenceBackend());

    @BeforeAll
    void open() {
        for (Precision p : Precision.values()) devices.put(p, new Device(p.toString(), Emulator.backend(p)));
    }

    @AfterAll
    void close() {
        devices.values().forEach(Device::close);
        reference.close();
    }

    @TestFactory
    Stream<DynamicTest> productsAreExactWithEveryTiling() {
        List<Problem> problems = new ArrayList<>();
        for (int flags = 0; flags < 4; flags++) {
            boolean ta = flags % 2 == 1, tb = flags > 1;
            // aligned, with whole and with broken tiles; ragged both ways; less than a tile
            for (int[] mkn : new int[][] {{128, 64, 256}, {136, 44, 132}, {259, 37, 131}, {5, 70, 9}}) {
                Shape a = ta ? Shape.of(mkn[1], mkn[0]) : Shape.of(mkn[0], mkn[1]);
                Shape b = tb ? Shape.of(mkn[2], mkn[1]) : Shape.of(mkn[1], mkn[2]);
                problems.add(new Problem(new MatMul(ta, tb), a, b));
            }
            problems.add(new Problem(new MatMul(ta, tb), ta ? Shape.of(3, 29, 67) : Shape.of(3, 67, 29),
                    tb ? Shape.of(3, 130, 29) : Shape.of(3, 29, 130)));
            // nine tiles down, more than a band of them
            problems.add(new Problem(new MatMul(ta, tb), ta ? Shape.of(3, 1090) : Shape.of(1090, 3),
                    tb ? Shape.of(133, 3) : Shape.of(3, 133)));
        }
        return tests(problems);
    }

    @TestFactory
    Stream<DynamicTest> convolutionsAndTheirGradientsAreExactWithEveryTiling() {
        List<Problem> problems = new ArrayList<>();
        convolution(problems, Shape.of(3, 5, 12, 12), 132, 3, 3, Conv2d.of(1, 1));
        convolution(problems, Shape.of(2, 8, 8, 8), 12, 3, 3, Conv2d.of(1, 1));
        convolution(problems, Shape.of(5, 140, 5, 3), 36, 1, 1, Conv2d.of(1, 0));
        convolution(problems, Shape.of(3, 8, 9, 8), 40, 1, 1, Conv2d.of(2, 0));
        convolution(problems, Shape.of(2, 136, 9, 10), 7, 3, 3, Conv2d.of(2, 1));
        convolution(problems, Shape.of(1, 3, 33, 31), 66, 7, 7, Conv2d.of(2, 3));
        convolution(problems, Shape.of(2, 8, 15, 14), 140, 3, 3, new Conv2d(2, 1, 2, 1, 2, 1, 2));
        convolution(problems, Shape.of(2, 4, 16, 14), 6, 4, 5, new Conv2d(3, 4, 2, 3, 2, 2, 2));
        convolution(problems, Shape.of(3, 7, 9, 6), 14, 3, 3, new Conv2d(2, 2, 1, 1, 2, 3, 7));
        convolution(problems, Shape.of(70, 2, 1, 2), 3, 1, 2, Conv2d.of(1, 0));          // one pixel an image
        return tests(problems);
    }

    private static void convolution(List<Problem> problems, Shape x, int outputs, int kh, int kw, Conv2d conv) {
        Shape w = Shape.of(outputs, x.dim(1) / conv.groups(), kh, kw), y = conv.infer(x, w)[0];
        problems.add(new Problem(conv, x, w));
        problems.add(new Problem(new Conv2dInputGrad(conv, x.dim(2), x.dim(3)), y, w));
        problems.add(new Problem(new Conv2dWeightGrad(conv, kh, kw), x, y));
    }

    private Stream<DynamicTest> tests(List<Problem> problems) {
        return problems.stream().flatMap(p -> devices.values().stream().map(device -> DynamicTest.dynamicTest(
                device.precision() + " " + p, () -> check(p, device))));
    }

    private void check(Problem p, Device device) {
        try (Scope _ = device.scope(); Scope _ = reference.scope()) {
            double[] expected = Ops.apply(p.op(), tensor(reference, p.first(), 1), tensor(reference, p.second(), 2))
                    [0].doubles();
            Tensor[] in = {tensor(device, p.first(), 1), tensor(device, p.second(), 2)};
            for (Tile tile : Tile.values()) {
                for (int parts : new int[] {1, 3}) assertExact(p, in, device, new Tiling(tile, parts), expected);
            }
        }
    }

    private static void assertExact(Problem p, Tensor[] in, Device device, Tiling tiling, double[] expected) {
        double[] actual = result(p, in, device, tiling);
        int at = Arrays.mismatch(actual, expected);
        assertThat(at).as("%s: element that is %s, not %s", tiling, at < 0 ? "" : actual[at],
                at < 0 ? "" : expected[at]).isEqualTo(-1);
    }

    private static double[] result(Problem p, Tensor[] in, Device device, Tiling tiling) {
        Tensor out = device.full(p.op().infer(p.first(), p.second())[0], Double.NaN);
        execute(p.op(), in, out, device, tiling);
        return out.doubles();
    }

    private static void execute(ContractionOp op, Tensor[] in, Tensor out, Device device, Tiling tiling) {
        Gpu gpu = ((CudaBackend) device.backend()).gpu();
        gpu.memory().reuseScratch();
        Contractions.execute(op, in, out, gpu, (_, _, _, _) -> tiling);
    }

    /// Rows of whole quads that do not begin at 16 bytes, amid what is not a number and is to stay so.
    @TestFactory
    Stream<DynamicTest> tensorsMayBeginAnywhere() {
        List<Problem> problems = new ArrayList<>();
        problems.add(new Problem(new MatMul(false, false), Shape.of(36, 40), Shape.of(40, 68)));
        problems.add(new Problem(new MatMul(true, true), Shape.of(40, 36), Shape.of(68, 40)));
        convolution(problems, Shape.of(2, 8, 8, 4), 12, 3, 3, Conv2d.of(1, 1));
        return problems.stream().flatMap(p -> devices.values().stream().map(device -> DynamicTest.dynamicTest(
                device.precision() + " " + p, () -> checkAmidst(p, device))));
    }

    private void checkAmidst(Problem p, Device device) {
        try (Scope _ = device.scope(); Scope _ = reference.scope()) {
            Tensor a = tensor(reference, p.first(), 1), b = tensor(reference, p.second(), 2);
            double[] expected = Ops.apply(p.op(), a, b)[0].doubles();
            Tensor[] in = Stream.of(p.first(), p.second()).map(shape -> inside(amidst(device, shape), shape))
                    .toArray(Tensor[]::new);
            in[0].upload(a.doubles());
            in[1].upload(b.doubles());
            Shape result = p.op().infer(p.first(), p.second())[0];
            for (Tile tile : Tile.values()) {
                Tensor out = amidst(device, result);
                execute(p.op(), in, inside(out, result), device, new Tiling(tile, 1));
                double[] all = out.doubles();
                assertThat(Arrays.copyOfRange(all, 1, all.length - 1)).as("%s", tile).isEqualTo(expected);
                assertThat(new double[] {all[0], all[all.length - 1]}).containsOnly(Double.NaN);
            }
        }
    }

    private static Tensor amidst(Device device, Shape shape) {
        return device.full(Shape.of(Math.toIntExact(shape.elements()) + 2), Double.NaN);
    }

    private static Tensor inside(Tensor whole, Shape shape) {
        return whole.rows(1, whole.dim(0) - 1).reshape(shape);
    }

    /// No step is multiplied before its copies have come, nor overwritten before; and sums have one order.
    @TestFactory
    Stream<DynamicTest> tensorCoresGiveTheSameBitsInEveryOrderOfWarps() {
        List<Problem> problems = new ArrayList<>();
        problems.add(new Problem(new MatMul(false, false), Shape.of(140, 300), Shape.of(300, 133)));
        problems.add(new Problem(new MatMul(true, true), Shape.of(300, 140), Shape.of(132, 300)));
        convolution(problems, Shape.of(2, 6, 15, 14), 40, 3, 3, new Conv2d(2, 1, 1, 1, 1, 1, 2));
        return problems.stream().flatMap(p -> Stream.of(Precision.TF32, Precision.BF16).map(devices::get)
                .map(device -> DynamicTest.dynamicTest(device.precision() + " " + p, () -> sameBits(p, device))));
    }

    private static void sameBits(Problem p, Device device) {
        try (Scope _ = device.scope()) {
            Tensor[] in = {tensor(device, p.first(), 1, Philox::nextGaussian),
                tensor(device, p.second(), 2, Philox::nextGaussian)};
            for (Tile tile : Tile.values()) {
                double[] once = result(p, in, device, new Tiling(tile, 2));
                for (int seed = 0; seed < 4; seed++) {
                    Emulator.seed(seed);
                    assertThat(result(p, in, device, new Tiling(tile, 2))).as("%s, %d", tile, seed).isEqualTo(once);
                }
            }
        } finally {
            Emulator.seed(1);
        }
    }

    /// Integers from −4 to 4.
    private static Tensor tensor(Device device, Shape shape, long seed) {
        return tensor(device, shape, seed, random -> random.nextInt(9) - 4);
    }

    private static Tensor tensor(Device device, Shape shape, long seed, ToDoubleFunction<Philox> number) {
        Philox random = new Philox(seed, shape.hashCode());
        return device.tensor(shape, IntStream.range(0, Math.toIntExact(shape.elements()))
                .mapToDouble(_ -> number.applyAsDouble(random)).toArray());
    }
}
