package invar.benchmarks.gpu;

import invar.core.spi.Precision;
import java.util.List;

/// How far results may be from those in float64.
final class Errors {

    private Errors() {}

    /// max over the results of ‖out − ref‖ / ‖ref‖; infinite if a value is none, or there are more or less of them.
    static double relative(List<double[]> reference, List<double[]> out) {
        if (reference.size() != out.size()) return Double.POSITIVE_INFINITY;
        double worst = 0;
        for (int i = 0; i < out.size(); i++) {
            double[] expected = reference.get(i), actual = out.get(i);
            if (expected.length != actual.length) return Double.POSITIVE_INFINITY;
            double apart = 0, norm = 0;
            for (int k = 0; k < expected.length; k++) {
                apart += (actual[k] - expected[k]) * (actual[k] - expected[k]);
                norm += expected[k] * expected[k];
            }
            double error = Math.sqrt(apart / norm);
            if (!(error <= worst)) worst = Double.isFinite(error) ? error : Double.POSITIVE_INFINITY;
        }
        return worst;
    }

    /// The most that is taken for rounding: single precision lands far below 1e-3, and factors that are rounded more
    /// below eight roundoffs. Within a training step twenty layers of batch norm multiply it.
    static double most(GpuCase c) {
        double rounding = c.precision() == Precision.FP32 ? 1e-3 : 8 * c.precision().roundoff();
        return c.name().startsWith("simclr") ? Math.max(0.02, 2 * rounding) : rounding;
    }
}
