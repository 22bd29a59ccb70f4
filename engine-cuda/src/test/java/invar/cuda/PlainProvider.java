package invar.cuda;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import java.util.Optional;

/// A device that `auto` may take where there is no better one.
public final class PlainProvider implements BackendProvider {

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public String describe() {
        return "the reference backend";
    }

    @Override
    public Backend open(DeviceOptions options) {
        return new ReferenceBackend();
    }
}
