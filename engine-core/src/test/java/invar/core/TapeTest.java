package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TapeTest {

    private final Device device = Device.open("reference");

    private Tensor row(double... values) {
        return device.tensor(Shape.of(values.length), values);
    }

    @Test
    void onlyWhatDependsOnWatchedTensorsIsRecorded() {
        Tensor x = row(1, 2), other = row(3, 4);
        try (Tape tape = Tape.watching(x)) {
            Tensor apart = other.exp().mul(other);
            assertThat(tape.size()).isZero();
            Tensor loss = x.mul(apart).sum();
            assertThat(tape.size()).isEqualTo(2);
            Gradients gradients = tape.gradients(loss);
            assertThat(gradients.of(x).doubles()).containsExactly(apart.doubles());
            assertThat(gradients.reach(other)).isFalse();
            assertThat(gradients.of(other).doubles()).containsExactly(0, 0);
        }
    }

    @Test
    void contributionsAreAdded() {
        Tensor x = row(2, 3);
        try (Tape tape = Tape.watching(x)) {
            Tensor loss = x.mul(x).add(x).sum();                                    // d (x² + x) = 2x + 1
            assertThat(tape.gradients(loss).of(x).doubles()).containsExactly(5, 7);
        }
    }

    @Test
    void stopGradientCutsADependence() {
        Tensor x = row(2, 3);
        try (Tape tape = Tape.watching(x)) {
            Tensor loss = x.mul(x.stopGradient()).sum();
            assertThat(tape.gradients(loss).of(x).doubles()).containsExactly(2, 3);
            assertThat(tape.gradients(x.stopGradient().sum()).reach(x)).isFalse();
        }
    }

    @Test
    void aSeedGivesTheGradientOfAWeightedSum() {
        Tensor x = row(2, 3);
        try (Tape tape = Tape.watching(x)) {
            Tensor y = x.square();
            assertThat(tape.gradients(y, row(10, 100)).of(x).doubles()).containsExactly(40, 600);
            assertThatThrownBy(() -> tape.gradients(y, row(1))).hasMessage("the seed has shape (1), not y's (2)");
            assertThatThrownBy(() -> tape.gradients(y)).hasMessage("only a scalar has gradients; the loss is (2)");
        }
    }

    /// The weight gradient of a convolution needs no gradient of the images, which nobody watches. That it is not
    /// computed shows in what the backend is asked for.
    @Test
    void gradientsThatNobodyWantsAreNotComputed() {
        CountingBackend counting = new CountingBackend();
        Device counted = new Device("counting", counting);
        Tensor x = counted.full(Shape.of(1, 2, 3, 3), 1), w = counted.full(Shape.of(2, 2, 3, 3), 1);
        try (Tape tape = Tape.watching(w)) {
            Tensor loss = x.conv2d(w, ContractionOp.Conv2d.of(1, 0)).sum();
            assertThat(tape.gradients(loss).of(w).doubles()).containsOnly(1);
        }
        assertThat(counting.executed).contains("Conv2dWeightGrad").doesNotContain("Conv2dInputGrad");
    }

    @Test
    void anInnerTapePausesTheOuter() {
        Tensor x = row(2), y = row(5);
        try (Tape outer = Tape.watching(x)) {
            Tensor before = x.mul(y);
            try (Tape inner = Tape.watching(y)) {
                Tensor loss = x.mul(y).sum();
                assertThat(inner.gradients(loss).of(y).doubles()).containsExactly(2);
                assertThat(outer.size()).isEqualTo(1);
            }
            Tensor loss = before.mul(x).sum();                                      // x² y
            assertThat(outer.gradients(loss).of(x).doubles()).containsExactly(20);
        }
        x.mul(y);
        try (Tape fresh = Tape.watching(x)) {
            assertThat(fresh.size()).isZero();
        }
    }

    @Test
    void nothingIsRecordedWhileGradientsAreComputed() {
        Tensor x = row(2);
        try (Tape tape = Tape.watching(x)) {
            Tensor loss = x.exp().sum();
            int size = tape.size();
            tape.gradients(loss);
            assertThat(tape.size()).isEqualTo(size);
        }
    }

    @Test
    void afterCloseNothingIsRecorded() {
        Tensor x = row(2);
        Tape tape = Tape.watching(x);
        tape.close();
        x.exp();
        assertThat(tape.size()).isZero();
    }

    @Test
    void updatesAreNotRecorded() {
        Tensor x = row(2), y = row(0);
        try (Tape tape = Tape.watching(x)) {
            Ops.update(UpdateOp.Assign.ACCUMULATE, y, x);
            assertThat(tape.size()).isZero();
        }
    }

    @Test
    void refusesToWatchNothingOrIntegers() {
        assertThatThrownBy(() -> Tape.watching(List.of())).hasMessage("a tape needs at least one tensor to watch");
        Tensor labels = device.integers(Shape.of(2), 0, 1);
        assertThatThrownBy(() -> Tape.watching(labels)).hasMessageStartingWith("integers have no gradient");
    }

    @Test
    void theLossMayBeAWatchedTensorItself() {
        Tensor x = device.scalar(3);
        try (Tape tape = Tape.watching(x)) {
            assertThat(tape.gradients(x).of(x).item()).isEqualTo(1);
        }
    }
}
