package invar.core.spi;

import java.util.Set;

/// What a user may choose when a device is opened.
///
/// @param threads   how many threads a CPU backend may use, at least 1
/// @param ordinal   which of several devices of one kind, from 0
/// @param precision the least precise way to multiply that is allowed; a backend that has no such way is more precise
/// @param without   vendor's libraries that are not to be used even if they are there, by name: `cublas`, `cudnn`
public record DeviceOptions(int threads, int ordinal, Precision precision, Set<String> without) {

    /// All processors, the first device, single precision, all libraries.
    public static final DeviceOptions DEFAULT = new DeviceOptions(Runtime.getRuntime().availableProcessors(), 0);

    public DeviceOptions {
        if (threads < 1) throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        if (ordinal < 0) throw new IllegalArgumentException("a device's number must be at least 0 but is " + ordinal);
        without = Set.copyOf(without);
    }

    /// Single precision, all libraries.
    public DeviceOptions(int threads, int ordinal) {
        this(threads, ordinal, Precision.FP32, Set.of());
    }

    /// The same for another of the devices.
    public DeviceOptions withOrdinal(int other) {
        return new DeviceOptions(threads, other, precision, without);
    }
}
