package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MutualInformationTest {

    @Test
    void isOneForTheSamePartsUnderOtherNames() {
        assertThat(MutualInformation.normalized(new int[] {0, 1, 2, 1, 0}, new int[] {7, 3, 0, 3, 7}))
                .isCloseTo(1, within(1e-14));
        assertThat(MutualInformation.normalized(new int[] {4, 4}, new int[] {0, 0})).isEqualTo(1);
    }

    @Test
    void isZeroForIndependentParts() {
        assertThat(MutualInformation.normalized(new int[] {0, 0, 1, 1}, new int[] {0, 1, 0, 1}))
                .isCloseTo(0, within(1e-14));
    }

    /// H(A) = ln 2, H(B) = 3/2 ln 2 for parts of ½, ¼, ¼, and H(A, B) = H(B), because B divides A's parts.
    @Test
    void isBetweenForAFinerPartition() {
        double expected = 2 * Math.log(2) / (Math.log(2) + 1.5 * Math.log(2));
        assertThat(MutualInformation.normalized(new int[] {0, 0, 1, 1}, new int[] {5, 5, 2, 1}))
                .isCloseTo(expected, within(1e-14));
        assertThat(MutualInformation.normalized(new int[] {5, 5, 2, 1}, new int[] {0, 0, 1, 1}))
                .isCloseTo(expected, within(1e-14));
    }

    @Test
    void looksOnlyAtWhatIsInBoth() {
        assertThat(MutualInformation.normalized(new int[] {0, -100, 1, 3}, new int[] {2, 9, 4, -100}))
                .isCloseTo(1, within(1e-14));
        assertThat(MutualInformation.normalized(new int[] {-100, 0}, new int[] {0, -100})).isNaN();
        assertThatThrownBy(() -> MutualInformation.normalized(new int[2], new int[3]))
                .hasMessage("partitions of 2 and of 3 things");
    }
}
