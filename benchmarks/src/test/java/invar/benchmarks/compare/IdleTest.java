package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/// On a clock that only pauses move.
class IdleTest {

    private double now;

    /// @param clock processor seconds at a time; NaN if not told
    private Idle.Watched process(String label, DoubleUnaryOperator clock) {
        return new Idle.Watched() {
            @Override
            public String label() {
                return label;
            }

            @Override
            public OptionalDouble processorSeconds() {
                double seconds = clock.applyAsDouble(now);
                return Double.isNaN(seconds) ? OptionalDouble.empty() : OptionalDouble.of(seconds);
            }
        };
    }

    private List<String> await(Idle.Watched... all) {
        return Idle.await(List.of(all), seconds -> now += seconds);
    }

    @Test
    void waitsForACompiler() {
        assertThat(await(process("quiet", t -> 1), process("compiles", t -> 0.65 * Math.min(t, 0.5)))).isEmpty();
        assertThat(now).isBetween(0.59, 0.81);
    }

    @Test
    void namesWhoNeverRests() {
        assertThat(await(process("spins", t -> 0.45 * t), process("quiet", t -> 0.05 * t)))
                .containsExactly("spins takes 45 % of a core while idle");
        assertThat(now).isBetween(2.9, 3.3);
    }

    @Test
    void takesNoSilenceForRest() {
        assertThat(await(process("hidden", t -> Double.NaN))).containsExactly(
                "hidden may work while idle: the system does not tell its processor time");
        assertThat(now).isLessThan(0.3);
    }
}
