package invar.cuda;

import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.ProductContract;

/// Products of the kernels in single precision.
class CudaFp32ProductTest extends ProductContract {

    @Override
    protected Backend backend() {
        return Emulator.backend(Precision.FP32);
    }
}
