package invar.core.spi;

/// Runs a captured step again, on the same buffers.
@FunctionalInterface
public interface Replay extends AutoCloseable {
    /// Once more.
    void run();

    /// Frees what the recording holds; it must not be run any more. The backend's end frees it too.
    @Override
    default void close() {}
}
