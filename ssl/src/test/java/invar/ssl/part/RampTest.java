package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RampTest {

    /// Two fifths of 50 steps are 20; of 33 they are 13.2.
    @ParameterizedTest
    @CsvSource({"50, 0, 0", "50, 1, 0.5", "50, 10, 5", "50, 19, 9.5", "50, 20, 10", "50, 49, 10",
        "33, 13, 9.8484848485", "33, 14, 10"})
    void growsInAStraightLineThenStays(long steps, long step, double expected) {
        assertThat(new Ramp(10, 0.4, steps).at(step)).isCloseTo(expected, within(1e-10));
    }

    @Test
    void isFullAtOnceWithoutAShare() {
        assertThat(new Ramp(3, 0, 10).at(0)).isEqualTo(3);
        assertThat(new Ramp(3, 1, 10).at(5)).isEqualTo(1.5);
    }
}
