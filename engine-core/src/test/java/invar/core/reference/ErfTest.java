package invar.core.reference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ErfTest {

    /// Values of C's erfc, on both sides of 2.5 where the series gives way to the continued fraction.
    @ParameterizedTest
    @CsvSource({"-3, 1.9999779095030015", "0, 1", "0.5, 0.4795001221869535", "2.4999, 0.0004071699003334514",
        "2.5, 0.0004069520174449589", "2.6, 0.00023603441652934908", "3, 2.2090496998585438e-05",
        "5, 1.5374597944280351e-12", "10, 2.088487583762545e-45"})
    void hasTheKnownValues(double x, double expected) {
        assertThat(Math.abs(Erf.erfc(x) / expected - 1)).isLessThan(1e-12);
    }
}
