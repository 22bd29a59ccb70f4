package invar.ssl;

import invar.core.Device;
import invar.core.Philox;
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
    private final long seed;
    private final Map<Schedule, Tensor> values = new IdentityHashMap<>();
    private long index;

    /// At step 0 of a run with seed 0.
    public Step(Device device) {
        this(device, 0);
    }

    /// At step 0.
    ///
    /// @param seed of the run: what [#random] draws from
    public Step(Device device, long seed) {
        this.device = device;
        this.seed = seed;
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

    /// Random numbers of this step, a function of the run's seed, of the step and of what they are for.
    ///
    /// @param purpose names the stream, so that two draws of one step do not depend on each other
    public Philox random(String purpose) {
        return Philox.of(seed, RANDOM, index, purpose.hashCode());
    }

    /// Keeps the streams of steps apart from those of the data's order (−1) and of views (0 and more).
    private static final long RANDOM = -2;
}
