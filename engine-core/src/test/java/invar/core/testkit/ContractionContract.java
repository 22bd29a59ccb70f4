package invar.core.testkit;

import invar.core.Device;
import invar.core.spi.Backend;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// The part of [BackendContract] that is about matrix products and convolutions, for a backend that has several ways to
/// compute those and one for all else.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ContractionContract {

    private Device device;

    /// Makes the backend. Called once; the contract closes it.
    protected abstract Backend backend();

    @BeforeAll
    void open() {
        device = new Device("tested", backend());
    }

    @AfterAll
    void close() {
        device.close();
    }

    @TestFactory
    Stream<DynamicTest> contractionsMatchTheReference() {
        Comparison comparison = new Comparison(device, device.floating());
        return ContractionCases.all().stream().map(c -> DynamicTest.dynamicTest(c.toString(),
                () -> comparison.check(c)));
    }
}
