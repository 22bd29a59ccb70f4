package invar.cpu;

import invar.core.spi.Backend;
import invar.core.testkit.DeterminismContract;

/// Every op gives the same bits on one, two and three threads.
class CpuBackendDeterminismTest extends DeterminismContract {

    @Override
    protected Backend backend() {
        return new CpuBackend(2);
    }

    @Override
    protected Backend backend(int threads) {
        return new CpuBackend(threads);
    }
}
