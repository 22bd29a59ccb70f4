package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void isOneForDirectionsEverywhereAndZeroForOne() {
        double[][] everywhere = new double[2000][33], one = new double[9][7];
        Philox random = new Philox(3, 0);
        for (double[] row : everywhere) {
            for (int j = 0; j < row.length; j++) row[j] = random.nextGaussian();
        }
        for (int i = 0; i < one.length; i++) {
            for (int j = 0; j < one[i].length; j++) one[i][j] = (1 + i) * (j - 2);
        }
        assertThat(Spread.ofDirections(everywhere)).isCloseTo(1, within(0.01));
        assertThat(Spread.ofDirections(one)).isCloseTo(0, within(1e-7));
        assertThat(Spread.directions(everywhere)).isCloseTo(33, within(1.0));
        assertThat(Spread.directions(one)).isCloseTo(1, within(1e-12));
    }

    /// Two opposite points: the deviation is as large as it can be, but there is one direction.
    @Test
    void tellsOppositePointsFromDirectionsEverywhere() {
        double[][] z = new double[8][5];
        for (int i = 0; i < z.length; i++) {
            for (int j = 0; j < z[i].length; j++) z[i][j] = (i % 2 == 0 ? 1 : -1) * (j + 0.5);
        }
        assertThat(Spread.ofDirections(z)).isGreaterThan(0.8);
        assertThat(Spread.directions(z)).isCloseTo(1, within(1e-12));
    }

    @Test
    void countsColumnsThatSayDifferentThings() {
        double[][] z = new double[5000][6];
        Philox random = new Philox(3, 0);
        for (double[] row : z) {
            for (int j = 0; j < 3; j++) row[j] = random.nextGaussian();
            row[3] = 5 - 2 * row[0];
            row[4] = row[1];
            row[5] = row[2];
        }
        assertThat(Spread.effectiveRank(z)).isCloseTo(3, within(0.05));
        for (double[] row : z) row[1] = row[2] = row[4] = row[5] = 0.1 * row[0];
        assertThat(Spread.effectiveRank(z)).isCloseTo(1, within(1e-9));
    }
}
