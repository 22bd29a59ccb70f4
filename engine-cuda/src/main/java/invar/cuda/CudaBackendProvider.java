package invar.cuda;

import invar.core.spi.Backend;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Offers the [CudaBackend] as `cuda`, where there is an NVIDIA driver and a device that it can use.
public final class CudaBackendProvider implements BackendProvider {

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 10;
    }

    @Override
    public Optional<String> unavailable() {
        return Driver.missing();
    }

    @Override
    public String describe() {
        StringBuilder line = new StringBuilder("driver for " + Driver.version());
        for (int i = 0; i < Driver.devices(); i++) line.append(i == 0 ? "; " : ", ").append(Gpu.describe(i));
        return line.toString();
    }

    @Override
    public List<String> libraries() {
        return Arrays.stream(VendorLibrary.values()).map(VendorLibrary::describe).toList();
    }

    /// @throws IllegalArgumentException if there is no such device, it cannot run the kernels, or the driver refuses to
    ///                                  open it now; the message says why
    @Override
    public Backend open(DeviceOptions options) {
        try {
            int count = Driver.devices();
            if (options.ordinal() >= count) {
                throw new IllegalArgumentException("there is no device cuda:" + options.ordinal()
                        + ": the driver finds "
                        + (count == 1 ? "one, cuda:0" : count + ", cuda:0 to cuda:" + (count - 1)));
            }
            return new CudaBackend(options);
        } catch (Driver.Refusal e) {
            throw new IllegalArgumentException(e.whileOpening(), e);
        }
    }
}
