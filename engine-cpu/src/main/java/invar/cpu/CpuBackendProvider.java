package invar.cpu;

import invar.core.spi.Backend;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import java.util.Optional;

/// Offers the [CpuBackend] as `cpu`.
public final class CpuBackendProvider implements BackendProvider {

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Optional.empty()
                : Optional.of("Java was started without --add-modules jdk.incubator.vector");
    }

    @Override
    public String describe() {
        return Runtime.getRuntime().availableProcessors() + " threads, " + Lanes.SPECIES.vectorBitSize()
                + "-bit vectors, " + System.getProperty("os.arch");
    }

    @Override
    public Backend open(DeviceOptions options) {
        return new CpuBackend(options.threads());
    }
}
