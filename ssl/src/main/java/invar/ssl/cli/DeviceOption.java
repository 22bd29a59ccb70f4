package invar.ssl.cli;

import invar.core.Device;
import invar.core.spi.DeviceOptions;
import picocli.CommandLine.Option;

/// `--device` and `--threads`, for every command that computes.
final class DeviceOption {

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto",
            description = "Where to compute: auto, cuda, cuda:1, cpu, reference (default: ${DEFAULT-VALUE}); "
                    + "'ssl devices' lists them.")
    private String name;

    @Option(names = "--threads", paramLabel = "N",
            description = "Threads of the CPU backend (default: all processors). Results do not depend on it.")
    private Integer threads;

    /// How many threads may work.
    int threads() {
        return threads != null ? threads : DeviceOptions.DEFAULT.threads();
    }

    /// Threads that prepare batches: half as many as compute. They take the processors from those, and one on each
    /// would stop all of them at once.
    int dataWorkers() {
        return Math.max(1, threads() / 2);
    }

    /// For example `cpu (not cuda: no NVIDIA driver is installed (there is no libcuda.so.1))`.
    static String describe(Device device) {
        return device.passedOver().isEmpty() ? device.name()
                : device.name() + " (not " + String.join("; not ", device.passedOver()) + ")";
    }

    Device open() {
        return Device.open(name, new DeviceOptions(threads(), 0));
    }
}
