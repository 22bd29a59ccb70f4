package invar.cuda;

import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.FusedPrecisionContract;

/// Fused ops with products of tensor cores, in TensorFloat-32.
class CudaTf32FusedTest extends FusedPrecisionContract {

    @Override
    protected Backend backend() {
        return Emulator.backend(Precision.TF32);
    }
}
