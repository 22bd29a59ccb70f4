package invar.ssl.train;

import invar.core.Device;
import invar.core.spi.Replay;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Runs the step of a training again and again, where the device can as a recording: the first three steps of each
/// phase run op by op, which brings everything to the size and place that it keeps, the fourth is captured, and the
/// later ones are replays of it ([Device#capture]). All of them are steps of the training, and have the results of
/// steps that run op by op, bit for bit.
///
/// Recordings use the memory of the scope in which they were made, and end with it.
final class StepReplay implements AutoCloseable {

    /// Steps of a phase that run op by op before one is captured.
    static final int WARM_UP = 3;

    private static final class Phase {
        int done;
        Replay replay;                                   // null: not captured yet
    }

    private final Device device;
    private final Consumer<String> notice;
    private final Map<Object, Phase> phases = new HashMap<>();
    private boolean wanted;

    /// @param wanted false to run all steps op by op
    /// @param notice is told, once, why steps cannot be captured
    StepReplay(Device device, boolean wanted, Consumer<String> notice) {
        this.device = device;
        this.wanted = wanted && device.replays();
        this.notice = notice;
    }

    /// One step.
    ///
    /// @param key  the phase: steps with equal ones run the same ops on the same tensors
    /// @param step runs it op by op
    void run(Object key, Runnable step) {
        if (!wanted) {
            step.run();
            return;
        }
        Phase phase = phases.computeIfAbsent(key, _ -> new Phase());
        if (phase.replay != null) phase.replay.run();
        else if (phase.done++ < WARM_UP) step.run();
        else capture(phase, step);
    }

    /// A step that throws while it is captured has done nothing, so it can be run; and if it throws for another reason
    /// than that it is captured, it does so again.
    private void capture(Phase phase, Runnable step) {
        try {
            phase.replay = device.capture(step);
        } catch (RuntimeException e) {
            wanted = false;
            step.run();
            notice.accept("The training step cannot be replayed as one recording, so each of its ops is started by "
                    + "itself, which changes nothing but the speed: " + e.getMessage() + ".");
        }
    }

    /// Whether steps of this phase are replayed by now.
    boolean replaying(Object key) {
        return phases.containsKey(key) && phases.get(key).replay != null;
    }

    @Override
    public void close() {
        for (Phase phase : phases.values()) {
            if (phase.replay != null) phase.replay.close();
        }
        phases.clear();
    }
}
