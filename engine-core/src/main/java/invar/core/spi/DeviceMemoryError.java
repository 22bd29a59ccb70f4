package invar.core.spi;

/// There is no room left in memory that is not Java's own: a larger heap would not help. The message is a sentence for
/// the user, with what was asked for and what would help.
public final class DeviceMemoryError extends OutOfMemoryError {

    private static final long serialVersionUID = 1;

    public DeviceMemoryError(String message) {
        super(message);
    }
}
