package invar.core.spi;

/// What a user may choose when a device is opened.
///
/// @param threads how many threads a CPU backend may use, at least 1
/// @param ordinal which of several devices of one kind, from 0
public record DeviceOptions(int threads, int ordinal) {

    /// All processors, the first device.
    public static final DeviceOptions DEFAULT = new DeviceOptions(Runtime.getRuntime().availableProcessors(), 0);

    public DeviceOptions {
        if (threads < 1) throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        if (ordinal < 0) throw new IllegalArgumentException("a device's number must be at least 0 but is " + ordinal);
    }
}
