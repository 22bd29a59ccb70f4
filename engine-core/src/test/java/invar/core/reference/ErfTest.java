package invar.core.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErfTest {

    /// Values of glibc's erfc, on both sides of 2.5, where the series gives way to the continued fraction.
    @ParameterizedTest
    @CsvSource({
        "-3.7, 1.999999832848942", "-0.1, 1.1124629160182848", "0, 1", "0.1, 0.8875370839817152",
        "1, 0.15729920705028513", "2.4, 0.0006885138966450789", "2.5, 0.0004069520174449589",
        "2.6, 0.00023603441652934908", "3.7, 1.6715105790914596e-07", "5, 1.5374597944280351e-12",
        "10, 2.088487583762545e-45", "20, 5.3958656116079005e-176", "26, 5.663192408856143e-296"
    })
    void agreesWithPublishedValues(double x, double expected) {
        // below 2.5 erfc is 1 − erf: an ulp of 1 is all it promises there
        double tolerance = x < 2.5 ? 4e-16 : 1e-13 * expected;
        assertThat(Erf.erfc(x)).isCloseTo(expected, within(tolerance));
    }
}
