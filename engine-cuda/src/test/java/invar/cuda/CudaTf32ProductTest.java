package invar.cuda;

import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.ProductContract;

/// Products of tensor cores, in TensorFloat-32.
class CudaTf32ProductTest extends ProductContract {

    @Override
    protected Backend backend() {
        return Emulator.backend(Precision.TF32);
    }
}
