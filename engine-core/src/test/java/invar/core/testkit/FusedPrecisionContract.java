package invar.core.testkit;

import invar.core.Device;
import invar.core.Op;
import invar.core.spi.Backend;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Fused ops are as precise as [Backend#precision] says, on the cases of [BackendContract]: to what that allows for
/// sums and everything else in single precision, [Tolerance] adds what rounding the factors of products explains. Ops
/// that have no products get nothing added.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FusedPrecisionContract {

    private Device device;

    /// Makes the backend. Called once; the contract closes it.
    protected abstract Backend backend();

    /// Which ops it is about: all of them.
    protected boolean concerns(Op op) {
        return true;
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
    Stream<DynamicTest> fusedOpsAreAsPreciseAsTheBackendSays() {
        Comparison comparison = new Comparison(device, device.floating(), device.precision());
        return FusedCases.all().stream().filter(c -> concerns(c.op()))
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> comparison.check(c)));
    }
}
