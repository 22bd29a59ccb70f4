package invar.core.testkit;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;

final class ReferenceDeterminismTest extends DeterminismContract {

    @Override
    protected Backend backend() {
        return new ReferenceBackend();
    }
}
