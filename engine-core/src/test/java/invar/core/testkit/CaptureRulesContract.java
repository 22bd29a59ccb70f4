package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.UpdateOp.Assign;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.Replay;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules of [Device#capture], on a backend that replays steps: what each refuses, or what goes wrong where nobody
/// can see that it is broken. The sixth, that a backend has what it needs for itself, is tested where backends are.
public abstract class CaptureRulesContract {

    private Device device, plain;

    /// Makes a backend that replays. Called before each test, which closes it.
    protected abstract Backend backend();

    @BeforeEach
    void open() {
        device = new Device("tested", backend());
        plain = new Device("plain", new ReferenceBackend());
    }

    @AfterEach
    void close() {
        device.close();
        plain.close();
    }

    private static Tensor scalar(Device device, double value) {
        return device.persistent(() -> device.scalar(value));
    }

    /// Rule 1, on a backend that replays and on one that does not.
    @Test
    void nothingIsCopiedInsideAndNobodyWaits() {
        for (Device each : List.of(device, plain)) {
            Tensor x = scalar(each, 1), n = each.persistent(() -> each.integers(Shape.of(1), 1));
            refused(each, "upload", () -> x.upload(2.0));
            refused(each, "upload", () -> x.upload(2f));
            refused(each, "upload", () -> n.upload(2));
            refused(each, "item()", x::item);
            refused(each, "doubles()", x::doubles);
            refused(each, "floats()", x::floats);
            refused(each, "integers()", n::integers);
            refused(each, "synchronize()", each::synchronize);
            refused(each, "capture", () -> each.capture(() -> {}));
            assertThat(x.item()).isEqualTo(1);                       // and outside everything goes on
        }
    }

    /// Rule 1.
    @Test
    void nothingIsAllocatedInsideThatHadNoRoomBefore() {
        for (Device each : List.of(device, plain)) {
            Tensor x = scalar(each, 1);
            refused(each, outside(each), x::exp);
            try (Scope scope = each.scope()) {
                refused(each, full(each, ""), x::exp);
                x.exp();
                scope.reset();
                refused(each, outside(each), () -> each.persistent(x::exp));
                refused(each, outside(each),
                        () -> each.constant("two", () -> each.scalar(2)));
                each.capture(x::exp);                                // as much as there was before
                refused(each, full(each, "100000"),
                        () -> each.zeros(Shape.of(100_000)));
            }
        }
    }

    private static String outside(Device device) {
        return "an allocation outside of all scopes, " + device.floating() + " ()";
    }

    private static String full(Device device, String extents) {
        return "an allocation that its scope has no room for, " + device.floating() + " (" + extents + ")";
    }

    private static void refused(Device device, String call, Runnable step) {
        assertThatThrownBy(() -> device.capture(step)).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(call).hasMessageContaining("not allowed inside a captured step");
        assertThat(device.capturing()).isFalse();
    }

    /// A constant that was made before is there.
    @Test
    void constantsAreMadeOnce() {
        Tensor two = device.constant("two", () -> device.scalar(2)), sum = scalar(device, 0);
        Replay replay = device.capture(() -> Ops.update(Assign.ACCUMULATE, sum,
                device.constant("two", () -> device.scalar(3))));
        replay.run();
        assertThat(device.constant("two", () -> device.scalar(4))).isSameAs(two);
        assertThat(sum.item()).isEqualTo(4);
        try (Scope scope = device.scope()) {
            Tensor three = device.constant("three", () -> device.scalar(3));
            scope.reset();
            assertThat(three.item()).isEqualTo(3);
        }
    }

    /// Rule 2: the value is not there to be asked for.
    @Test
    void noChoiceDependsOnAValue() {
        Tensor x = scalar(device, 1);
        refused(device, "item()", () -> {
            if (x.item() > 0) Ops.update(Assign.ACCUMULATE, x, x);
        });
    }

    /// Rule 2, where it cannot be seen: a choice by something on the host is made once.
    @Test
    void aChoiceOnTheHostIsMadeOnce() {
        Tensor x = scalar(device, 1), one = scalar(device, 1);
        AtomicReference<Boolean> grow = new AtomicReference<>(true);
        Replay replay = device.capture(() -> {
            if (grow.get()) Ops.update(Assign.ACCUMULATE, x, one);
        });
        grow.set(false);
        replay.run();
        assertThat(x.item()).isEqualTo(3);
    }

    /// Rule 3: the learning rate of the first run against that of each.
    @Test
    void aNumberInAnOpIsThatOfTheCapturedStepAndOneInATensorIsNew() {
        Tensor op = scalar(device, 0), tensor = scalar(device, 0), one = scalar(device, -1), rate = scalar(device, 0.5);
        double[] rateOnTheHost = {0.5};
        try (Scope scope = device.scope()) {
            Runnable step = () -> {
                Ops.update(Assign.ACCUMULATE, op, one.scale(-rateOnTheHost[0]));
                Ops.update(Assign.DESCEND, tensor, one, rate);
            };
            step.run();
            scope.reset();
            Replay replay = device.capture(step);
            rateOnTheHost[0] = 0.25;
            rate.upload(0.25);
            replay.run();
        }
        assertThat(op.item()).isEqualTo(1.5);
        assertThat(tensor.item()).isEqualTo(1.25);
    }

    /// Rule 3: a place in a queue.
    @Test
    void aPlaceMovesOnWhereItIsATensor() {
        Tensor queue = device.tensor(Shape.of(4), new double[4]), place = device.integers(Shape.of(), 0);
        Tensor keys = device.tensor(Shape.of(2), 1, 2);
        Replay replay = device.capture(() -> {
            Ops.update(new UpdateOp.PutRows(), queue, keys, place);
            Ops.update(new UpdateOp.Advance(2, 4), place);
        });
        assertThat(queue.doubles()).containsExactly(1, 2, 0, 0);
        keys.upload(3.0, 4);
        replay.run();
        assertThat(queue.doubles()).containsExactly(1, 2, 3, 4);
        keys.upload(5.0, 6);
        replay.run();
        assertThat(queue.doubles()).containsExactly(5, 6, 3, 4);
        assertThat(place.integers()).containsExactly(2);
    }

    /// Rule 4.
    @Test
    void inputsAreReadFromTheTensorsOfTheCapturedStep() {
        Tensor first = scalar(device, 1), second = scalar(device, 10), sum = scalar(device, 0);
        AtomicReference<Tensor> input = new AtomicReference<>(first);
        Replay replay = device.capture(() -> Ops.update(Assign.ACCUMULATE, sum, input.get()));
        input.set(second);                                           // another tensor: not seen
        replay.run();
        assertThat(sum.item()).isEqualTo(2);
        first.upload(100.0);                                         // another value of the same: seen
        replay.run();
        assertThat(sum.item()).isEqualTo(102);
    }

    /// Rule 4: what was computed before the step in its scope is gone.
    @Test
    void whatIsBornBeforeTheStepInItsScopeIsGone() {
        Tensor x = scalar(device, 2), sum = scalar(device, 0);
        try (Scope scope = device.scope()) {
            x.exp();
            Tensor early = x.square();
            scope.reset();
            assertThatThrownBy(() -> device.capture(() -> Ops.update(Assign.ACCUMULATE, sum, early)))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("was closed or reset");
        }
    }

    /// Rule 5: a larger batch has no room, and a smaller one is not noticed.
    @ParameterizedTest
    @ValueSource(ints = {2, 40_000})
    void shapesAreThoseOfTheWarmUp(int later) {
        int[] batch = {20_000};
        Tensor all = device.zeros(Shape.of(40_000)), count = scalar(device, 0);
        Ops.update(new UpdateOp.Fill(1), all);
        try (Scope scope = device.scope()) {
            Runnable step = () -> Ops.update(Assign.COPY, count, all.rows(0, batch[0]).scale(1).sum());
            step.run();
            scope.reset();
            if (later > batch[0]) {
                batch[0] = later;
                refused(device, "an allocation that its scope has no room for", step);
                return;
            }
            Replay replay = device.capture(step);
            batch[0] = later;
            replay.run();
            assertThat(count.item()).isEqualTo(20_000);
        }
    }

    @Test
    void aStepRunsOnceAndOnceMoreForEachReplay() {
        for (Device each : List.of(device, plain)) {
            Tensor x = scalar(each, 1);
            try (Replay replay = each.capture(() -> Ops.update(Assign.ACCUMULATE, x, x))) {
                assertThat(x.item()).isEqualTo(2);
                replay.run();
                assertThat(x.item()).isEqualTo(4);
            }
        }
        assertThat(device.replays()).isTrue();
        assertThat(plain.replays()).isFalse();
    }

    /// So that it can be run op by op instead.
    @Test
    void aStepThatThrowsHasDoneNothingWhereStepsAreReplayed() {
        Tensor x = scalar(device, 1);
        refused(device, "item()", () -> {
            Ops.update(Assign.ACCUMULATE, x, x);
            x.item();
        });
        assertThat(x.item()).isEqualTo(1);
    }

    @Test
    void aTensorCanBeShownInsideButNotItsValues() {
        Tensor x = scalar(device, 1);
        String[] text = {""};
        device.capture(() -> text[0] = x.toString());
        assertThat(text[0]).isEqualTo(device.floating() + " () on tested");
        assertThat(x.toString()).isEqualTo(device.floating() + " () on tested [1.0]");
    }
}
