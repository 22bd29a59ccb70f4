package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cuda")
class CudaTimerTest {

    @Test
    void timesWhatIsBetweenTwoMarks() {
        CudaBackend backend = Emulator.backend();
        try (Device device = new Device("cuda", backend); CudaTimer timer = backend.timer()) {
            Tensor x = device.full(Shape.of(70, 90), 0.5), y = device.full(Shape.of(90, 70), 2);
            long began = System.nanoTime();
            for (int round = 0; round < 2; round++) {
                timer.mark();
                for (int i = 0; i < 3; i++) {
                    x.matmul(y);
                    timer.mark();
                }
                double[] seconds = timer.laps();
                double all = (System.nanoTime() - began) * 1e-9;
                assertThat(seconds).hasSize(3);
                for (double s : seconds) assertThat(s).isPositive();
                assertThat(seconds[0] + seconds[1] + seconds[2]).isLessThan(all);
            }
        }
    }

    @Test
    void needsTwoMarks() {
        CudaBackend backend = Emulator.backend();
        try (Device device = new Device("cuda", backend); CudaTimer timer = backend.timer()) {
            assertThatThrownBy(timer::laps).hasMessage("a time is between two marks, and there are 0");
            timer.mark();
            assertThatThrownBy(timer::laps).hasMessage("a time is between two marks, and there are 1");
            device.synchronize();
        }
    }

    @Test
    void leavesNoEventBehind() {
        long before = Emulator.count(Emulator.What.EVENTS);
        CudaBackend backend = Emulator.backend();
        try (Device device = new Device("cuda", backend); CudaTimer timer = backend.timer()) {
            for (int i = 0; i < 5; i++) timer.mark();
            assertThat(timer.laps()).hasSize(4);
            device.synchronize();
        }
        assertThat(Emulator.count(Emulator.What.EVENTS)).isEqualTo(before);
    }

    @Test
    void remembersTheMostMemory() {
        CudaBackend backend = Emulator.backend();
        long began = backend.peakBytes();
        try (Device device = new Device("cuda", backend)) {
            try (Scope _ = device.scope()) {
                device.zeros(Shape.of(1 << 20));
                assertThat(backend.peakBytes()).isGreaterThanOrEqualTo(began + (4 << 20));
            }
            long peak = backend.peakBytes();
            for (int i = 0; i < 50 && backend.gpu().memory().bytes() >= peak; i++) {
                System.gc();                                    // what nobody refers to is freed at an allocation
                device.zeros(Shape.of(1));
            }
            assertThat(backend.gpu().memory().bytes()).isLessThan(peak);
            assertThat(backend.peakBytes()).isBetween(peak, peak + (1 << 20));
        }
    }
}
