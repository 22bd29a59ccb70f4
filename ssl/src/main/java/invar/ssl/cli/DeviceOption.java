package invar.ssl.cli;

import invar.core.DType;
import invar.core.Device;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.ssl.UserError;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// `--device`, `--threads`, `--precision` and the libraries to do without, for every command that computes.
final class DeviceOption {

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto",
            description = "Where to compute: auto, cuda, cuda:1, cpu, reference (default: ${DEFAULT-VALUE}); "
                    + "'ssl devices' lists them.")
    private String name;

    @Option(names = "--threads", paramLabel = "N",
            description = "Threads of the CPU backend (default: all processors). Results do not depend on it.")
    private Integer threads;

    @Option(names = "--precision", paramLabel = "NAME", converter = PrecisionName.class,
            description = "How factors of matrix products and convolutions may be rounded before they are multiplied: "
                    + "fp32 (not at all), tf32 or bf16 (default: tf32 where the device has it, except for ssl check). "
                    + "Not stored in a run: to be given again with --resume.")
    private Precision precision;

    @Option(names = "--no-cublas", description = "Multiply matrices by the program's own kernels on a GPU, for "
            + "comparison; results differ by rounding.")
    private boolean withoutCublas;

    @Option(names = "--no-cudnn", description = "Convolve by the program's own kernels on a GPU, for comparison; "
            + "results differ by rounding.")
    private boolean withoutCudnn;

    /// As a user writes it.
    private static final class PrecisionName implements ITypeConverter<Precision> {
        @Override
        public Precision convert(String name) {
            for (Precision precision : Precision.values()) {
                if (precision.toString().equals(name)) return precision;
            }
            throw new TypeConversionException("there is fp32, tf32 and bf16, not '" + name + "'");
        }
    }

    /// How many threads may work.
    int threads() {
        return threads != null ? threads : DeviceOptions.DEFAULT.threads();
    }

    /// Threads that prepare batches: half as many as compute. They take the processors from those, and one on each
    /// would stop all of them at once.
    int dataWorkers() {
        return Math.max(1, threads() / 2);
    }

    /// For example `cpu in fp32 (not cuda: no NVIDIA driver is installed (there is no libcuda.so.1))`, or `cuda in tf32
    /// with cuBLAS 13.1.0, no cuDNN (not wanted)`.
    static String describe(Device device) {
        String text = device.name();
        if (device.floating() == DType.F32) text += " in " + device.precision();
        if (!device.libraries().isEmpty()) text += " with " + String.join(", ", device.libraries());
        return device.passedOver().isEmpty() ? text
                : text + " (not " + String.join("; not ", device.passedOver()) + ")";
    }

    /// Opens the device; TF32 is allowed where nothing else is said.
    Device open() {
        return open(Precision.TF32);
    }

    /// Opens the device.
    ///
    /// @param otherwise the least precise way to multiply that is allowed where nothing is said
    /// @throws UserError if the device does not multiply in the precision that was asked for by name
    Device open(Precision otherwise) {
        Set<String> without = new HashSet<>();
        if (withoutCublas) without.add("cublas");
        if (withoutCudnn) without.add("cudnn");
        Device device = Device.open(name, new DeviceOptions(threads(), 0, precision != null ? precision : otherwise,
                without));
        if (precision == null || device.precision() == precision) return device;
        String message = "--precision " + precision + ": the device " + describe(device) + " has no such products.";
        device.close();
        throw new UserError(message);
    }
}
