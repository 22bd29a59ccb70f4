package invar.core.spi;

/// Runs a captured step again, on the same buffers.
@FunctionalInterface
public interface Replay {
    /// Once more.
    void run();
}
