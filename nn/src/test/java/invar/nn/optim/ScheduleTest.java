package invar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class ScheduleTest {

    @Test
    void warmsUpInALineThenFollowsHalfACosine() {
        Schedule rate = Schedule.warmupCosine(2, 0.5, 4, 14);
        assertThat(rate.at(0)).isZero();
        assertThat(rate.at(1)).isEqualTo(0.5);
        assertThat(rate.at(4)).isEqualTo(2);
        assertThat(rate.at(9)).isCloseTo(1.25, within(1e-15));
        assertThat(rate.at(14)).isEqualTo(0.5);
        assertThat(rate.at(1000)).isEqualTo(0.5);
    }

    @Test
    void withoutWarmupItBeginsAtItsBase() {
        assertThat(Schedule.warmupCosine(2, 0, 0, 10).at(0)).isEqualTo(2);
        assertThat(Schedule.constant(0.3).at(123)).isEqualTo(0.3);
    }

    @Test
    void everyKindOfWarmupReachesTheBaseWhereItSays() {
        Schedule then = Schedule.constant(3);
        Schedule after = new Schedule.Warmup(Schedule.Warmup.Ramp.REACHED_AFTER, 1, 4, then);
        Schedule within = new Schedule.Warmup(Schedule.Warmup.Ramp.REACHED_WITHIN, 1, 4, then);
        Schedule inclusive = new Schedule.Warmup(Schedule.Warmup.Ramp.INCLUSIVE, 1, 4, then);
        assertThat(new double[] {after.at(0), after.at(3), after.at(4)}).containsExactly(1, 2.5, 3);
        assertThat(new double[] {within.at(0), within.at(3), within.at(4)}).containsExactly(1.5, 3, 3);
        assertThat(new double[] {inclusive.at(0), inclusive.at(3), inclusive.at(4)}).containsExactly(1, 3, 3);
    }

    @Test
    void aWarmupOfOneStepIsNotDividedByZero() {
        Schedule one = new Schedule.Warmup(Schedule.Warmup.Ramp.INCLUSIVE, 1, 1, Schedule.constant(3));
        assertThat(one.at(0)).isEqualTo(1);
        assertThat(one.at(1)).isEqualTo(3);
    }

    @Test
    void milestonesMultiply() {
        Schedule steps = Schedule.Milestones.of(1, 0.5, 3, 5);
        assertThat(new double[] {steps.at(2), steps.at(3), steps.at(5)}).containsExactly(1, 0.5, 0.25);
    }

    @Test
    void refusesAWarmupAsLongAsTraining() {
        assertThatThrownBy(() -> Schedule.warmupCosine(1, 0, 10, 10))
                .hasMessage("warm-up must be shorter than training, but takes 10 of 10 steps");
        assertThatThrownBy(() -> Schedule.cosine(1, 0, 0)).hasMessage("a cosine schedule needs at least 1 step, not 0");
    }
}
