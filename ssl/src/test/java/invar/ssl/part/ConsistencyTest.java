package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Tape;
import invar.core.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsistencyTest {

    private static final Device DEVICE = Device.open("reference");

    /// Independently computed in double: the specification's table of golden values.
    @Test
    void hasTheGoldenValue() {
        Tensor a = GoldenLogits.a(DEVICE), b = GoldenLogits.b(DEVICE);
        assertThat(Consistency.squaredError(a, b).item()).isCloseTo(0.070789433561, within(1e-12));
    }

    @Test
    void isZeroForPredictionsThatAgreeUpToAShift() {
        Tensor a = GoldenLogits.a(DEVICE);
        assertThat(Consistency.squaredError(a, a.plus(5)).item()).isCloseTo(0, within(1e-30));
    }

    @Test
    void teachesTheStudentAlone() {
        Tensor a = GoldenLogits.a(DEVICE), b = GoldenLogits.b(DEVICE);
        try (Tape tape = Tape.watching(List.of(a, b))) {
            Gradients gradients = tape.gradients(Consistency.squaredError(a, b));
            assertThat(gradients.reach(b)).isFalse();
            assertThat(gradients.of(a).abs().sum().item()).isGreaterThan(0.01);
        }
    }
}
