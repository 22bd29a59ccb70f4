package invar.benchmarks.gpu;

import invar.benchmarks.work.Composed;
import invar.core.Device;
import invar.core.spi.Backend;
import invar.cuda.CudaBackend;
import invar.cuda.CudaTimer;
import java.util.ArrayList;
import java.util.List;

/// Times between marks, by the device's own clock where it has one.
interface Clock extends AutoCloseable {

    /// Notes the time when everything asked for so far is done.
    void mark();

    /// Seconds from each mark to the next; then begins anew.
    double[] laps();

    @Override
    void close();

    /// Of a device; to be closed before it.
    static Clock of(Device device) {
        Backend backend = device.backend() instanceof Composed composed ? composed.backend() : device.backend();
        return backend instanceof CudaBackend cuda ? new Events(cuda.timer()) : new Waiting(device);
    }

    /// CUDA's events.
    record Events(CudaTimer timer) implements Clock {
        @Override
        public void mark() {
            timer.mark();
        }

        @Override
        public double[] laps() {
            return timer.laps();
        }

        @Override
        public void close() {
            timer.close();
        }
    }

    /// The host's clock, for which each mark waits.
    record Waiting(Device device, List<Long> marks) implements Clock {
        Waiting(Device device) {
            this(device, new ArrayList<>());
        }

        @Override
        public void mark() {
            device.synchronize();
            marks.add(System.nanoTime());
        }

        @Override
        public double[] laps() {
            double[] seconds = new double[marks.size() - 1];
            for (int i = 0; i < seconds.length; i++) seconds[i] = (marks.get(i + 1) - marks.get(i)) * 1e-9;
            marks.clear();
            return seconds;
        }

        @Override
        public void close() {}
    }
}
