package invar.core.reference;

import invar.core.spi.Backend;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import java.util.Optional;

/// Offers the [ReferenceBackend] as `reference`.
public final class ReferenceBackendProvider implements BackendProvider {

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public int priority() {
        return -1;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public String describe() {
        return "plain loops in double precision, one thread; for checking, not for speed";
    }

    @Override
    public Backend open(DeviceOptions options) {
        return new ReferenceBackend();
    }
}
