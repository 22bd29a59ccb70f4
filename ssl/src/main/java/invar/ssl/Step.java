package invar.ssl;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.optim.Schedule;
import java.util.IdentityHashMap;
import java.util.Map;

/// Where training stands, and the numbers that depend on it.
///
/// A scheduled number (learning rate, decay of a moving average) reaches the device as a scalar tensor that is filled
/// before the step begins, never as a constant inside an op, so that a recorded step can be replayed with new values.
public final class Step {

    private final Device device;
    private final Map<Schedule, Tensor> values = new IdentityHashMap<>();
    private long index;

    /// At step 0.
    public Step(Device device) {
        this.device = device;
    }

    /// The number of this step, from 0.
    public long index() {
        return index;
    }

    /// Fills all scheduled numbers with their values at step `k`.
    public void moveTo(long k) {
        index = k;
        values.forEach((schedule, tensor) -> tensor.upload(schedule.at(k)));
    }

    /// The value of `schedule` at this step: a scalar tensor that stays the same object from step to step.
    public Tensor value(Schedule schedule) {
        return values.computeIfAbsent(schedule, s -> device.persistent(() -> device.scalar(s.at(index))));
    }
}
