package invar.cuda;

import invar.core.spi.Backend;
import invar.core.testkit.DeterminismContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/// Every op gives the same bits in every order in which the warps of the emulator run. Takes five minutes there, so it
/// is not part of an ordinary build: `mvn verify -Pslow`. What is cut into pieces or tiles is tested so in every build,
/// by the tests of each family.
@Tag("slow")
class CudaDeterminismTest extends DeterminismContract {

    @Override
    protected Backend backend() {
        return Emulator.backend();
    }

    /// In place of threads: the seed of the order.
    @Override
    protected Backend backend(int threads) {
        Emulator.seed(threads);
        return Emulator.backend();
    }

    @AfterAll
    static void orderAsBefore() {
        Emulator.seed(1);
    }
}
