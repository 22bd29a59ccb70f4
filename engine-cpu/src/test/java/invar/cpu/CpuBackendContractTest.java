package invar.cpu;

import invar.core.spi.Backend;
import invar.core.testkit.BackendContract;

/// Every op agrees with the reference.
class CpuBackendContractTest extends BackendContract {

    @Override
    protected Backend backend() {
        return new CpuBackend(2);
    }
}
