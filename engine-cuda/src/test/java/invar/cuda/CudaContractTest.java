package invar.cuda;

import invar.core.spi.Backend;
import invar.core.testkit.BackendContract;

/// The CUDA backend and its kernels, on the emulator, or on a device where one is named.
class CudaContractTest extends BackendContract {

    @Override
    protected Backend backend() {
        return Emulator.backend();
    }
}
