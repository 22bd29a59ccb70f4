package invar.core.reference;

/// The error function in double precision, which java.lang.Math lacks.
final class Erf {

    private Erf() {}

    /// Φ(x) = erfc(−x/√2)/2.
    static double normalCdf(double x) {
        return erfc(-x / Math.sqrt(2)) / 2;
    }

    /// erfc(x) = 2/√π ∫ₓ^∞ e^(−t²) dt, to about 1e-15 relative.
    ///
    /// Near 0 the Maclaurin series of erf (Abramowitz and Stegun 7.1.6, all terms positive), further out the continued
    /// fraction of erfc (7.1.14) by Lentz's method.
    static double erfc(double x) {
        if (x < 0) return 2 - erfc(-x);
        if (x > 27.3) return 0;                             // below the smallest double
        return x < 2.5 ? 1 - erfSeries(x) : erfcFraction(x);
    }

    /// erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))
    private static double erfSeries(double x) {
        double term = x, sum = x;
        for (int n = 1; term > sum * 1e-17; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /// erfc x = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …))))
    private static double erfcFraction(double x) {
        double c = x, d = 0, f = x;
        for (int n = 1; n < 500; n++) {
            double a = n / 2.0;
            d = 1 / (x + a * d);
            c = x + a / c;
            f *= c * d;
            if (Math.abs(c * d - 1) < 1e-16) break;
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / f;
    }
}
