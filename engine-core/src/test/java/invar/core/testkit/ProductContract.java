package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Tensor;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Matrix products and convolutions are as precise as [Backend#precision] says, on the cases of [BackendContract].
///
/// A product of n terms is a sum Σ aᵢ bᵢ of factors that are rounded, aᵢ (1 + δ) with |δ| ≤ u, and multiplied exactly.
/// Each of its at most n additions, and one more for each part of a sum that is cut, loses at most one unit of the last
/// place, ε = 2⁻²³, also where it is cut off instead of rounded. Whatever the order, therefore
/// ```
/// |actual − Σ aᵢ bᵢ| ≤ ((1 + u)² (1 + ε)²ⁿ − 1) Σ |aᵢ| |bᵢ|
/// ```
/// and with factors that have been rounded before, the same with u = 0, which is some hundred times as narrow and shows
/// how they were rounded.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ProductContract {

    private static final double ULP = 0x1p-23;

    private Device device;

    /// Makes the backend. Called once; the contract closes it.
    protected abstract Backend backend();

    /// A factor as the backend rounds it.
    protected double rounded(double factor) {
        return Factors.rounded(device.precision(), factor);
    }

    @BeforeAll
    void open() {
        device = new Device("tested", backend());
    }

    @AfterAll
    void close() {
        device.close();
    }

    @TestFactory
    Stream<DynamicTest> productsAreAsPreciseAsTheBackendSays() {
        return ContractionCases.all().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> check(c)));
    }

    private void check(Case c) {
        double[] actual;
        try (Scope _ = device.scope()) {
            actual = c.run(c.inputs(device)).getFirst().doubles();
        }
        double u = 1 + device.precision().roundoff(), sum = Math.pow(1 + ULP, 2 * c.tolerance().terms());
        compare("of the factors", actual, result(c, x -> x), result(c, Math::abs), u * u * sum - 1);
        compare("of rounded factors", actual, result(c, this::rounded), result(c, x -> Math.abs(rounded(x))), sum - 1);
    }

    private static double[] result(Case c, DoubleUnaryOperator change) {
        Device reference = new Device("reference", new ReferenceBackend());
        Tensor[] in = c.in().stream().map(x -> x.map(change).on(reference)).toArray(Tensor[]::new);
        return c.run(in).getFirst().doubles();
    }

    private static void compare(String what, double[] actual, double[] expected, double[] size, double relative) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            double allowed = relative * size[i] + Float.MIN_NORMAL;
            assertThat(Math.abs(actual[i] - expected[i])).as("the product %s, element %d: %s, not %s", what, i,
                    actual[i], expected[i]).isLessThanOrEqualTo(allowed);
        }
    }
}
