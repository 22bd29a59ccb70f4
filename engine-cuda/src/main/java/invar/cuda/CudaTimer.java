package invar.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/// Times what a device does, by the device's own clock: marks are put between the calls, and when all is done the times
/// from each to the next are read. Nothing waits between two marks, so while the device is busy the time that the host
/// takes to start the next call is hidden, as it is in training.
///
/// Used by the thread that uses the device, and closed before it.
public final class CudaTimer implements AutoCloseable {

    private final Gpu gpu;
    private final CUstream stream;
    private final List<CUevent> events = new ArrayList<>();      // made when needed, used again after #laps
    private int marks;

    CudaTimer(Gpu gpu) {
        this.gpu = gpu;
        this.stream = gpu.stream();
    }

    /// Notes the time at which everything asked for so far is done; does not wait for it.
    public void mark() {
        gpu.enter();
        if (marks == events.size()) {
            CUevent event = new CUevent();
            Driver.check(cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
            events.add(event);
        }
        Driver.check(cuEventRecord(events.get(marks), stream), "cuEventRecord");
        marks++;
    }

    /// Waits for the last mark, then begins anew.
    ///
    /// @return seconds from each mark to the next, one less than there were marks; resolved to about half a microsecond
    /// @throws IllegalStateException if there are less than two marks, or a kernel failed
    public double[] laps() {
        if (marks < 2) throw new IllegalStateException("a time is between two marks, and there are " + marks);
        Driver.check(cuEventSynchronize(events.get(marks - 1)), "cuEventSynchronize");
        double[] seconds = new double[marks - 1];
        float[] milliseconds = {0};
        for (int i = 0; i < seconds.length; i++) {
            Driver.check(cuEventElapsedTime(milliseconds, events.get(i), events.get(i + 1)), "cuEventElapsedTime");
            seconds[i] = milliseconds[0] * 1e-3;
        }
        marks = 0;
        return seconds;
    }

    @Override
    public void close() {
        for (CUevent event : events) cuEventDestroy(event);
        events.clear();
        marks = 0;
    }
}
