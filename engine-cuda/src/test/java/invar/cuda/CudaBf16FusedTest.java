package invar.cuda;

import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.FusedPrecisionContract;

/// Fused ops with products of tensor cores, in bfloat16.
class CudaBf16FusedTest extends FusedPrecisionContract {

    @Override
    protected Backend backend() {
        return Emulator.backend(Precision.BF16);
    }
}
