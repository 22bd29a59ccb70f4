package invar.cuda;

import invar.core.spi.Backend;
import invar.core.testkit.CaptureRulesContract;

/// The rules of captured steps, on CUDA graphs. The sixth, and what the driver itself forbids, is in [CudaFaultsTest].
class CudaCaptureRulesTest extends CaptureRulesContract {

    @Override
    protected Backend backend() {
        return Emulator.backend();
    }
}
