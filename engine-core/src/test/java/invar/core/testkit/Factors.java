package invar.core.testkit;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.ChangedFactors;
import invar.core.spi.ForwardingBackend;
import invar.core.spi.Precision;
import java.util.function.DoubleUnaryOperator;

/// The reference backend with [ChangedFactors], and everything else exact.
public final class Factors implements ForwardingBackend {

    private final Backend changed;

    /// Factors changed by any function.
    Factors(DoubleUnaryOperator change) {
        changed = new ChangedFactors(new ReferenceBackend(), change);
    }

    /// A factor as tensor cores take it, from single precision; as it is for [Precision#FP32].
    public static double rounded(Precision precision, double factor) {
        return precision == Precision.FP32 ? factor : precision.rounded((float) factor);
    }

    @Override
    public Backend backend() {
        return changed;
    }
}
