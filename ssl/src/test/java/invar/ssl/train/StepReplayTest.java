package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.reference.ReferenceBackend;
import invar.core.testkit.RecordingBackend;
import invar.ssl.augment.Recipes;
import invar.ssl.method.Methods;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepReplayTest {

    private final RecordingBackend backend = new RecordingBackend(new ReferenceBackend());
    private final Device device = new Device("recording", backend);
    private final Tensor done = device.scalar(0), one = device.scalar(1);
    private final List<String> notices = new ArrayList<>();
    private int eager;                                               // how often the step's Java code ran

    @AfterEach
    void close() {
        device.close();
    }

    private void step() {
        eager++;
        Ops.update(Assign.ACCUMULATE, done, one);
    }

    @Test
    void runsThreeStepsCapturesTheFourthAndReplaysTheOthers() {
        try (StepReplay steps = new StepReplay(device, true, notices::add)) {
            for (int k = 1; k <= 10; k++) {
                steps.run("phase", this::step);
                assertThat(done.item()).isEqualTo(k);
                assertThat(eager).isEqualTo(Math.min(k, 4));
                assertThat(steps.replaying("phase")).isEqualTo(k >= 4);
            }
        }
        assertThat(backend.captured()).isOne();
        assertThat(backend.replayed()).isEqualTo(6);
        assertThat(notices).isEmpty();
    }

    /// Also where they come back.
    @Test
    void capturesEveryPhaseForItself() {
        try (StepReplay steps = new StepReplay(device, true, notices::add)) {
            for (int k = 0; k < 6; k++) {
                steps.run(List.of(1), this::step);
                steps.run(List.of(2), () -> {
                    step();
                    Ops.update(Assign.ACCUMULATE, done, one);
                });
            }
            assertThat(done.item()).isEqualTo(18);
            assertThat(eager).isEqualTo(8);
            assertThat(backend.captured()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void runsEveryStepWhereNobodyWantsOrCanReplayThem(boolean wanted) {
        try (Device plain = new Device("plain", new ReferenceBackend());
                StepReplay steps = new StepReplay(wanted ? plain : device, wanted, notices::add)) {
            for (int k = 0; k < 8; k++) steps.run("phase", this::step);
        }
        assertThat(eager).isEqualTo(8);
        assertThat(backend.captured()).isZero();
    }

    /// Once, in one sentence; no step is lost or done twice.
    @Test
    void saysWhyAStepCannotBeCapturedAndGoesOn() {
        try (StepReplay steps = new StepReplay(device, true, notices::add)) {
            for (int k = 1; k <= 10; k++) {
                steps.run(k % 2, () -> {
                    step();
                    done.item();
                });
                assertThat(done.item()).isEqualTo(k);
            }
        }
        assertThat(notices).hasSize(1);
        assertThat(notices.getFirst()).startsWith("The training step cannot be replayed as one recording, ")
                .contains("item() is not allowed inside a captured step").endsWith(".").doesNotContain("\n");
    }

    @Test
    void doesNotHideAnotherMistake() {
        try (StepReplay steps = new StepReplay(device, true, notices::add)) {
            for (int k = 0; k < 3; k++) steps.run("phase", this::step);
            assertThatThrownBy(() -> steps.run("phase", () -> {
                throw new IllegalArgumentException("a mistake");
            })).hasMessage("a mistake");
            assertThat(notices).isEmpty();
        }
    }

    private record Outcome(List<Double> losses, Map<String, double[]> state, int replayed, List<String> notices) {}

    private static Outcome train(boolean replaying, boolean curious) {
        RecordingBackend recording = new RecordingBackend(new ReferenceBackend());
        TrainConfig config = Runs.with(Runs.TINY, new TrainConfig.Optimization("adamw", 0.1, 0.9, 1e-2, false, 1));
        List<Double> losses = new ArrayList<>();
        List<String> notices = new ArrayList<>();
        try (Device device = new Device("recording", recording);
                Trainer trainer = new Trainer(config, Feed.of(config, Runs.NOISE,
                        Recipes.named(config.augment(), config.imageSize()), 1), device, setup -> {
                    var method = Methods.named(config.method()).make(ConfigFile.settings(config), setup);
                    return curious ? Runs.curious(method) : method;
                })) {
            trainer.replaying(replaying);
            trainer.run(() -> false, new Trainer.Listener() {
                @Override
                public void stepped(long step, double loss) {
                    losses.add(loss);
                }

                @Override
                public void epochDone(EpochMetrics metrics) {}

                @Override
                public void noticed(String sentence) {
                    notices.add(sentence);
                }
            });
            Map<String, double[]> state = new LinkedHashMap<>();
            trainer.state().forEach((name, tensor) -> state.put(name, tensor.doubles()));
            return new Outcome(losses, state, recording.replayed(), notices);
        }
    }

    @Test
    void ofATrainingHasTheResultOfStepsThatRunOpByOp() {
        Outcome with = train(true, false), without = train(false, false), curious = train(true, true);
        assertThat(List.of(with.replayed, without.replayed, curious.replayed)).containsExactly(2, 0, 0);
        for (Outcome other : List.of(with, curious)) {
            assertThat(other.losses).hasSize(6).isEqualTo(without.losses);
            assertThat(other.state.keySet()).isEqualTo(without.state.keySet());
            other.state.forEach((name, values) -> assertThat(Arrays.equals(values, without.state.get(name))).as(name)
                    .isTrue());
        }
        assertThat(with.notices).isEmpty();
        assertThat(curious.notices).hasSize(1);
    }
}
