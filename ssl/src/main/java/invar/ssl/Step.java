package invar.ssl;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.optim.Schedule;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/// Where training stands, and the numbers that depend on it.
///
/// A scheduled number (learning rate, decay of a moving average) reaches the device as a scalar tensor that is filled
/// before the step begins, never as a constant inside an op, so that a captured step can be replayed with new values.
public final class Step {

    private final Device device;
    private final long seed;
    private final Map<Schedule, Tensor> values = new IdentityHashMap<>();
    private final NavigableSet<Long> asked = new TreeSet<>();
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
    ///
    /// @throws IllegalStateException inside a captured step, which would repeat this number; there, [#value] has the
    ///                               numbers that depend on it, and [#reached] is what a choice may depend on
    public long index() {
        refuseInCapture("the number of the step");
        return index;
    }

    /// Whether this is step `k` or a later one: what decides which ops a step runs. The answers make the [#phase].
    public boolean reached(long k) {
        if (k > 0) asked.add(k);
        return index >= k;
    }

    /// Of the steps that [#reached] was asked for, those that are reached. In steps with equal phases all its answers
    /// are the same, so that they run the same ops, and one of them may be captured and replayed for the others.
    public Set<Long> phase() {
        return Set.copyOf(asked.headSet(index, true));
    }

    private void refuseInCapture(String what) {
        if (device.capturing()) {
            throw new IllegalStateException(what + " is not allowed inside a captured step, which would repeat it when "
                    + "it is replayed: numbers come from value(schedule), choices from reached(k)");
        }
    }

    /// Fills all scheduled numbers with their values at step `k`.
    public void moveTo(long k) {
        index = k;
        values.forEach((schedule, tensor) -> tensor.upload(schedule.at(k)));
    }

    /// The value of `schedule` at this step: a scalar tensor that stays the same object from step to step, as long as
    /// the schedule does.
    public Tensor value(Schedule schedule) {
        return values.computeIfAbsent(schedule, s -> device.persistent(() -> device.scalar(s.at(index))));
    }

    /// Random numbers of this step, a function of the run's seed, of the step and of what they are for.
    ///
    /// @param purpose names the stream, so that two draws of one step do not depend on each other
    /// @throws IllegalStateException inside a captured step, which would repeat them
    public Philox random(String purpose) {
        refuseInCapture("drawing random numbers on the host");
        return Philox.of(seed, RANDOM, index, purpose.hashCode());
    }

    /// Keeps the streams of steps apart from those of the data's order (−1) and of views (0 and more).
    private static final long RANDOM = -2;
}
