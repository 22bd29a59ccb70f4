package invar.core.testkit;

import invar.core.DType;
import invar.core.spi.Backend;

/// A backend that rounds every result to float, and is otherwise exact, must pass: tolerances leave room for rounding.
final class RoundingBackendTest extends BackendContract {

    @Override
    protected Backend backend() {
        return new NoisyBackend(x -> (float) x);
    }

    @Override
    protected DType precision() {
        return DType.F32;
    }
}
