package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.testkit.CaptureRulesContract;
import invar.core.testkit.RecordingBackend;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The rules of captured steps, on a backend that writes ops down and does them again.
class CaptureRulesTest extends CaptureRulesContract {

    @Override
    protected Backend backend() {
        return new RecordingBackend(new ReferenceBackend());
    }

    /// Rule 6: a backend that would have to make something for itself says so; a warm-up makes it.
    @Test
    void whatABackendNeedsForItselfIsThereAfterAWarmUp() {
        boolean[] workspace = {false};
        Consumer<Device> op = on -> {
            if (on.capturing() && !workspace[0]) throw new IllegalStateException("no workspace yet");
            workspace[0] = true;
        };
        RecordingBackend recording = new RecordingBackend(new ReferenceBackend());
        try (Device device = new Device("recording", recording)) {
            assertThatThrownBy(() -> device.capture(() -> op.accept(device))).hasMessage("no workspace yet");
            op.accept(device);
            device.capture(() -> op.accept(device)).run();
            assertThat(recording.captured()).isOne();
            assertThat(recording.replayed()).isOne();
        }
    }
}
