package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Device;
import invar.core.Ops;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Precision;
import invar.core.spi.Replay;
import invar.cuda.Emulator.What;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What cuBLAS and cuDNN are asked for, how precisely, and what happens where they do not do it; on stand-ins.
class LibrariesTest {

    private static final Conv2d CONV = Conv2d.of(2, 1);
    private static final Shape X = Shape.of(2, 4, 9, 8), W = Shape.of(8, 4, 3, 3), Y = CONV.infer(X, W)[0];

    @AfterEach
    void asBefore() {
        if (System.getProperty(VendorLibrary.FOLDERS) == null) return;
        StandIns.refuseProducts(0);
        StandIns.refuseConvolutions(0);
        StandIns.workspace(1000);
        Emulator.recover();
    }

    /// Integers from −4 to 4, with which every sum is exact however it is computed.
    private static Tensor tensor(Device device, Shape shape, long seed) {
        Philox random = new Philox(seed, shape.hashCode());
        return device.tensor(shape, IntStream.range(0, Math.toIntExact(shape.elements()))
                .mapToDouble(_ -> random.nextInt(9) - 4).toArray());
    }

    private static double[] expected(ContractionOp op, Shape first, Shape second) {
        try (Device reference = new Device("reference", new ReferenceBackend())) {
            return Ops.apply(op, tensor(reference, first, 1), tensor(reference, second, 2))[0].doubles();
        }
    }

    private static void assertExact(Device device, ContractionOp op, Shape first, Shape second) {
        Tensor y = Ops.apply(op, tensor(device, first, 1), tensor(device, second, 2))[0];
        assertThat(y.doubles()).as(op.toString()).isEqualTo(expected(op, first, second));
    }

    private static void assertAllExact(Device device) {
        assertExact(device, new MatMul(true, false), Shape.of(5, 3), Shape.of(5, 7));
        assertExact(device, new MatMul(false, true), Shape.of(2, 3, 5), Shape.of(2, 7, 5));
        assertExact(device, CONV, X, W);
        assertExact(device, new Conv2dInputGrad(CONV, X.dim(2), X.dim(3)), Y, W);
        assertExact(device, new Conv2dWeightGrad(CONV, W.dim(2), W.dim(3)), X, Y);
    }

    @ParameterizedTest
    @EnumSource
    void computeProductsAndConvolutionsInEveryPrecision(Precision precision) {
        try (CudaBackend backend = StandIns.backend(precision)) {
            long products = StandIns.products(), convolutions = StandIns.convolutions();
            assertAllExact(new Device("cuda", backend));
            assertThat(StandIns.products() - products).isEqualTo(2);
            assertThat(StandIns.convolutions() - convolutions).isEqualTo(3);
            assertThat(backend.precision()).isEqualTo(precision);
        }
    }

    /// 1 + 2⁻¹² is a number of single precision, but not of TF32; 1 + 2⁻⁹ not of bfloat16 either. cuDNN has no bfloat16
    /// for tensors of 32 bits.
    @ParameterizedTest
    @CsvSource({"FP32, 12, 12", "TF32, 9, 9", "BF16, 7, 9"})
    void roundAsTheyAreAllowedTo(Precision precision, int ofProduct, int ofConvolution) {
        try (CudaBackend backend = StandIns.backend(precision)) {
            Device device = new Device("cuda", backend);
            for (int bit : new int[] {12, 9, 7}) {
                double x = 1 + Math.scalb(1.0, -bit);
                Tensor one = device.tensor(Shape.of(1, 1), x), image = device.tensor(Shape.of(1, 1, 1, 1), x);
                Tensor kernel = device.tensor(Shape.of(1, 1, 1, 1), 1.0);
                assertThat(one.matmul(device.tensor(Shape.of(1, 1), 1.0)).doubles()[0])
                        .isEqualTo(bit <= ofProduct ? x : 1);
                assertThat(Ops.apply(Conv2d.of(1, 0), image, kernel)[0].doubles()[0])
                        .isEqualTo(bit <= ofConvolution ? x : 1);
            }
        }
    }

    @Test
    void eachCanBeLeftOut() {
        long products = StandIns.products(), convolutions = StandIns.convolutions();
        try (CudaBackend backend = StandIns.backend(Precision.BF16, "cublas")) {
            assertThat(backend.libraries()).containsExactly("no cuBLAS (not wanted)",
                    "cuDNN 9.5.1 (which convolves in tf32)");
            assertAllExact(new Device("cuda", backend));
            assertThat(StandIns.products()).isEqualTo(products);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 3);
        }
        try (CudaBackend backend = StandIns.backend(Precision.TF32, "cudnn", "cublas")) {
            assertThat(backend.libraries()).containsExactly("no cuBLAS (not wanted)", "no cuDNN (not wanted)");
            assertAllExact(new Device("cuda", backend));
            assertThat(StandIns.products()).isEqualTo(products);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 3);
        }
    }

    @Test
    void aCapturedStepHoldsTheirWork() {
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            Device device = new Device("cuda", backend);
            Tensor a = device.tensor(Shape.of(2, 2), 1, 2, 3, 4), b = device.tensor(Shape.of(2, 2), 1, 0, 0, 1);
            Tensor c = device.zeros(Shape.of(2, 2));
            Tensor x = tensor(device, X, 1), w = tensor(device, W, 2), y = device.zeros(Y);
            Runnable step = () -> {
                backend.execute(new MatMul(false, false), new Tensor[] {a, b}, new Tensor[] {c});
                Ops.update(Assign.COPY, b, c);                                           // b ← a b
                backend.execute(CONV, new Tensor[] {x, w}, new Tensor[] {y});
            };
            step.run();
            Ops.update(Assign.COPY, y, device.zeros(Y));
            long products = StandIns.products(), convolutions = StandIns.convolutions();
            Replay replay = backend.capture(step);
            assertThat(b.floats()).containsExactly(7, 10, 15, 22);
            replay.run();
            assertThat(b.floats()).containsExactly(37, 54, 81, 118);
            assertThat(y.doubles()).isEqualTo(expected(CONV, X, W));
            assertThat(StandIns.products()).isEqualTo(products + 1);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 1);
        }
    }

    @Test
    void nothingIsLeftBehind() {
        try (CudaBackend backend = StandIns.backend(Precision.TF32)) {
            assertAllExact(new Device("cuda", backend));
            assertThat(StandIns.described()).isEqualTo(12);
        }
        assertThat(StandIns.described()).isZero();
        assertThat(Emulator.count(What.ALLOCATIONS)).isZero();
        assertThat(Emulator.count(What.STREAMS)).isZero();
    }

    @Test
    void withoutRoomForItsWorkspaceCublasIsNotUsed() {
        StandIns.backend(Precision.FP32).close();
        Emulator.limit(24 << 20);
        try (CudaBackend backend = StandIns.backend(Precision.TF32)) {
            assertThat(backend.libraries()).hasSize(2).element(0).asString()
                    .startsWith("no cuBLAS (no room for 32 MiB on the device, where ");
            long products = StandIns.products();
            assertAllExact(new Device("cuda", backend));
            assertThat(StandIns.products()).isEqualTo(products);
        }
    }

    @Test
    void whereCudnnWantsMoreThanThereIsTheKernelIsUsed() {
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            Emulator.limit(64 << 20);
            StandIns.workspace(128 << 20);
            Device device = new Device("cuda", backend);
            long convolutions = StandIns.convolutions();
            for (int i = 0; i < 2; i++) {
                assertExact(device, new Conv2dInputGrad(CONV, X.dim(2), X.dim(3)), Y, W);
                assertExact(device, new Conv2dWeightGrad(CONV, W.dim(2), W.dim(3)), X, Y);
            }
            assertThat(StandIns.convolutions()).isEqualTo(convolutions);
            assertThat(StandIns.described()).isZero();
            StandIns.workspace(1000);
            Conv2d other = Conv2d.of(1, 1);
            assertExact(device, other, X, W);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 1);
        }
    }

    /// Of the forward algorithms there is one without a workspace.
    @Test
    void anAlgorithmThatWantsTooMuchIsPassedOver() {
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            StandIns.workspace(Cudnn.MOST_WORKSPACE + 1);
            Device device = new Device("cuda", backend);
            long convolutions = StandIns.convolutions();
            assertExact(device, CONV, X, W);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 1);
            assertExact(device, new Conv2dInputGrad(CONV, X.dim(2), X.dim(3)), Y, W);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 1);
        }
    }

    @Test
    void tensorsThatBeginAnywhereAreConvolvedByTheKernel() {
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            Device device = new Device("cuda", backend);
            Tensor whole = device.tensor(Shape.of(3, 1, 1, 1), 2, 3, 5);
            Tensor kernel = device.tensor(Shape.of(1, 1, 1, 1), 7);
            long convolutions = StandIns.convolutions();
            assertThat(Ops.apply(Conv2d.of(1, 0), whole.rows(1, 3), kernel)[0].floats()).containsExactly(21, 35);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions);
            assertThat(Ops.apply(Conv2d.of(1, 0), whole.rows(0, 2), kernel)[0].floats()).containsExactly(14, 21);
            assertThat(StandIns.convolutions()).isEqualTo(convolutions + 1);
        }
    }

    @Test
    void whatIsRefusedIsComputedByTheKernelAndSaidOnce() {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
            StandIns.refuseProducts(15);
            StandIns.refuseConvolutions(3000);
            assertAllExact(new Device("cuda", backend));
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines()).containsExactly("cuBLAS refuses cublasGemmEx: "
                + "CUBLAS_STATUS_NOT_SUPPORTED; the project's kernel does this, and whatever else is refused.");
    }

    /// What a library says after a kernel has failed is no refusal: the older cause is told, and nothing is printed.
    @Test
    void afterAKernelHasFailedThatIsWhatIsSaid() {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (CudaBackend backend = StandIns.backend(Precision.FP32)) {
            System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
            Device device = new Device("cuda", backend);
            Tensor a = device.tensor(Shape.of(1, 1), 3), b = device.tensor(Shape.of(1, 1), 5);
            Tensor[] c = {device.zeros(Shape.of(1, 1))};
            Emulator.failLaunchAfter(0);
            a.exp();
            StandIns.refuseProducts(14);
            assertThatThrownBy(() -> backend.execute(new MatMul(false, false), new Tensor[] {a, b}, c))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
