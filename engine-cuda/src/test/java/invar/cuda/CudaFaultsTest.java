package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.fused.LarsUpdate;
import invar.core.spi.DeviceMemoryError;
import invar.core.spi.Replay;
import invar.cuda.Emulator.What;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When the driver refuses, the error says which call and why; and whatever happened, nothing is left behind.
class CudaFaultsTest {

    private Map<What, Long> before;

    private static Map<What, Long> held() {
        Map<What, Long> held = new EnumMap<>(What.class);
        for (What what : What.values()) {
            if (what != What.LAUNCHES && what != What.PEAK_BYTES) held.put(what, Emulator.count(what));
        }
        return held;
    }

    @BeforeEach
    void count() {
        assertThat(Driver.missing()).isEmpty();
        before = held();
    }

    @AfterEach
    void nothingIsLeft() {
        Emulator.recover();
        assertThat(held()).isEqualTo(before);
    }

    private static Device device() {
        return new Device("cuda", Emulator.backend());
    }

    @Test
    void anOrdinaryRunLeavesNothing() {
        try (Device device = device(); Scope scope = device.scope()) {
            Tensor x = device.tensor(Shape.of(1000), new double[1000]);
            for (int i = 0; i < 3; i++) {
                scope.reset();
                assertThat(device.tensor(Shape.of(2), 1, 2).exp().floats()).hasSize(2);
            }
            assertThat(x.shape().elements()).isEqualTo(1000);
        }
    }

    @Test
    void memoryThatNobodyRefersToIsFreedAtTheNextAllocation() throws InterruptedException {
        try (Device device = device()) {
            long held = Emulator.count(What.BYTES);
            for (int i = 0; i < 20; i++) device.zeros(Shape.of(1 << 18));           // a MiB each, forgotten
            for (int i = 0; i < 100 && Emulator.count(What.BYTES) > held + (3 << 20); i++) {
                System.gc();
                Thread.sleep(10);
                device.zeros(Shape.of(1));
            }
            assertThat(Emulator.count(What.BYTES)).isLessThanOrEqualTo(held + (3 << 20));
        }
    }

    @Test
    void whereMemoryIsFullItIsSaidHowMuchWasAskedFor() {
        try (Device device = device()) {
            Tensor kept = device.zeros(Shape.of(3 << 20));                           // 12 MiB
            Emulator.limit(64 << 20);
            assertThatThrownBy(() -> device.zeros(Shape.of(1 << 24))).isInstanceOf(DeviceMemoryError.class)
                    .hasMessageMatching("no room for 64 MiB on the device, where \\d+ MiB are in use by this program "
                            + "and \\d+ of 64 MiB are free: use a smaller batch, or smaller images");
            assertThat(kept.floats()).containsOnly(0);                               // and it goes on
        }
    }

    @Test
    void memoryThatNobodyRefersToIsFreedWhenItIsNeeded() {
        try (Device device = device()) {
            Emulator.limit(64 << 20);
            for (int i = 0; i < 40; i++) device.zeros(Shape.of(4 << 20));                 // of 16 MiB
        } finally {
            Emulator.limit(8L << 30);
        }
    }

    @Test
    void aClosedScopeGivesItsMemoryBackAtOnce() {
        try (Device device = device()) {
            long before = Emulator.count(What.BYTES);
            for (int i = 0; i < 3; i++) {
                try (Scope _ = device.scope()) {
                    device.zeros(Shape.of(1 << 20));
                    assertThat(Emulator.count(What.BYTES)).isGreaterThan(before);
                }
                assertThat(Emulator.count(What.BYTES)).isEqualTo(before);
            }
        }
    }

    /// A replay that outlives the scope of its step still has the memory that it uses.
    @Test
    void aClosedScopeLeavesTheMemoryOfACapturedStep() {
        try (Device device = device()) {
            Tensor to = device.persistent(() -> device.zeros(Shape.of(3)));
            Scope scope = device.scope();
            Tensor from = device.tensor(Shape.of(3), 1, 2, 3);
            Runnable step = () -> Ops.update(Assign.ACCUMULATE, to, from.square());
            step.run();
            Replay replay = device.capture(step);
            scope.close();
            replay.run();
            assertThat(to.floats()).containsExactly(3, 12, 27);
            replay.close();
        }
    }

    @Test
    void arefusedAllocationLeavesTheDeviceAsItWas() {
        try (Device device = device()) {
            Emulator.failAllocationAfter(0);
            assertThatThrownBy(() -> device.zeros(Shape.of(5))).isInstanceOf(OutOfMemoryError.class)
                    .hasMessageContaining("no room for 1 MiB");
            Emulator.failAllocationAfter(-1);
            assertThat(device.zeros(Shape.of(5)).floats()).containsOnly(0);
        }
    }

    @Test
    void aKernelThatFailsIsReportedByWhoWaits() {
        try (Device device = device()) {
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            Emulator.failLaunchAfter(0);
            Tensor y = x.exp();
            assertThatThrownBy(y::floats).isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("the CUDA driver refused cu\\w+: CUDA_ERROR_LAUNCH_FAILED.*");
        }
    }

    /// As on a GPU: the context is lost.
    @Test
    void afterAFailureEveryCallFails() {
        try (Device device = device()) {
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            Emulator.failLaunchAfter(1);
            x.exp();
            x.exp();
            assertThatThrownBy(device::synchronize).hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
            assertThatThrownBy(x::exp).hasMessageContaining("cuMemAlloc", "CUDA_ERROR_LAUNCH_FAILED");
            assertThatThrownBy(() -> Ops.update(Assign.COPY, x, x)).hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
        }
    }

    @Test
    void aStepThatThrowsWhileItIsCapturedLeavesTheStreamAsItWas() {
        try (Device device = device()) {
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            assertThatThrownBy(() -> device.backend().capture(() -> {
                Ops.update(Assign.ACCUMULATE, x, x);
                throw new IllegalArgumentException("stop");
            })).hasMessage("stop");
            assertThat(x.floats()).containsExactly(1, 2, 3);                         // recorded, and not done
            Ops.update(Assign.ACCUMULATE, x, x);
            assertThat(x.floats()).containsExactly(2, 4, 6);
        }
    }

    @Test
    void anAllocationInACapturedStepIsRefused() {
        try (Device device = device()) {
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            assertThatThrownBy(() -> device.backend().capture(x::exp))
                    .hasMessage("no memory can be allocated inside a captured step");
        }
    }

    /// Rule 6 of captured steps: scratch memory is there before. What did not fit later has a place of its own.
    @Test
    void scratchMemoryThatWouldHaveToGrowInACapturedStepIsRefused() {
        try (Device device = device()) {
            Memory memory = ((CudaBackend) device.backend()).gpu().memory();
            Tensor p = device.tensor(Shape.of(3, 1), 1, 2, 3), v = device.zeros(Shape.of(3, 1)), lr = device.scalar(1);
            Tensor g = device.tensor(Shape.of(3, 1), 1, 2, 3);
            LarsUpdate lars = new LarsUpdate(LarsUpdate.Form.AUTHORS, 1e-3, 0, 0, false, false, false);
            Runnable step = () -> Ops.update(lars, p, v, g, lr);                     // p ← p − g
            assertThatThrownBy(() -> device.capture(step)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("scratch memory of 1 MiB, of which there are 0, cannot be allocated inside a captured "
                            + "step: a step must have run once before it is captured");
            assertThat(p.floats()).containsExactly(1, 2, 3);
            step.run();
            p.upload(1.0, 2, 3);
            Replay replay = device.capture(step);
            assertThat(p.floats()).containsOnly(0);
            assertThatThrownBy(() -> device.capture(() -> {
                memory.reuseScratch();
                memory.scratch(5 << 20);
            })).hasMessageContaining("scratch memory of 5 MiB, of which there are 1, cannot be allocated");
            memory.reuseScratch();
            memory.scratch(5 << 20);
            p.upload(4.0, 5, 6);
            replay.run();
            assertThat(p.floats()).containsOnly(3);
        }
    }

    /// Each is refused before the driver hears of it, and then the step can be run as it is.
    @Test
    void whatACapturedStepMayNotDoIsRefusedAndEverythingGoesOn() {
        try (Device device = device(); Scope scope = device.scope()) {
            Tensor x = device.persistent(() -> device.tensor(Shape.of(3), 1, 2, 3));
            List<Runnable> forbidden = List.of(x::floats, () -> x.upload(1.0, 2, 3), device::synchronize,
                    () -> device.persistent(() -> device.zeros(Shape.of(2))), () -> device.zeros(Shape.of(5 << 20)));
            for (Runnable call : forbidden) {
                Runnable step = () -> {
                    scope.reset();
                    Ops.update(Assign.COPY, x, x.plus(1));
                    call.run();
                };
                Ops.update(Assign.COPY, x, x.plus(0));                               // room
                assertThatThrownBy(() -> device.capture(step)).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("is not allowed inside a captured step");
                assertThat(x.floats()).containsExactly(1, 2, 3);
                step.run();
                x.upload(1.0, 2, 3);
            }
        }
    }

    /// A call past the engine that waits: the driver breaks the capture off, and says so.
    @Test
    void aCaptureThatTheDriverBreaksOffIsReported() {
        try (Device device = device()) {
            Gpu gpu = ((CudaBackend) device.backend()).gpu();
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            assertThatThrownBy(() -> device.capture(gpu::synchronize))
                    .hasMessageContainingAll("cuStreamSynchronize", "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
            assertThatThrownBy(() -> device.capture(() -> {
                try {
                    gpu.synchronize();
                } catch (IllegalStateException e) {
                    assertThat(e).isNotNull();                                       // swallowed
                }
            })).hasMessageContainingAll("cuStreamEndCapture", "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED");
            assertThat(x.exp().floats()).hasSize(3);
        }
    }

    /// Memory of a step whose tensors nobody has any more.
    @Test
    void memoryOfACapturedStepStaysUntilItIsClosed() throws InterruptedException {
        try (Device device = device()) {
            Tensor sum = device.zeros(Shape.of(3));
            Replay replay = capture(device, sum);
            for (int i = 0; i < 5; i++) {
                System.gc();
                Thread.sleep(20);
                device.zeros(Shape.of(3));                                           // collects
            }
            replay.run();
            assertThat(sum.floats()).containsExactly(2, 4, 6);
            replay.close();
            assertThatThrownBy(replay::run).hasMessage("the captured step was closed");
        }
    }

    private static Replay capture(Device device, Tensor sum) {
        Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
        return device.capture(() -> Ops.update(Assign.ACCUMULATE, sum, x));
    }

    @Test
    void graphsGoWithTheirBackend() {
        try (Device device = device()) {
            Tensor x = device.tensor(Shape.of(3), 1, 2, 3);
            Replay replay = device.backend().capture(() -> Ops.update(Assign.ACCUMULATE, x, x));
            replay.run();
            assertThat(x.floats()).containsExactly(4, 8, 12);
        }
    }

    @Test
    void twoDevicesCanBeOpenAtOnce() {
        Emulator.devices(2);
        try (Device first = device(); Device second = new Device("cuda", new CudaBackend(1))) {
            for (int i = 0; i < 2; i++) {                              // each in the context of its own
                assertThat(first.tensor(Shape.of(2), 1, 2).square().floats()).containsExactly(1, 4);
                assertThat(second.tensor(Shape.of(2), 3, 4).square().floats()).containsExactly(9, 16);
            }
        } finally {
            Emulator.devices(0);
        }
    }

    @Test
    void largeCopiesGoThroughInPieces() {
        try (Device device = device()) {
            float[] values = new float[(5 << 20) + 3];
            for (int i = 0; i < values.length; i++) values[i] = i % 1013;
            Tensor x = device.tensor(Shape.of(values.length), values);
            values[0] = -1;                                                          // it is already copied
            float[] back = x.floats();
            assertThat(back[0]).isZero();
            for (int i = 1; i < back.length; i++) {
                if (back[i] != i % 1013) throw new AssertionError("place " + i);
            }
        }
    }
}
