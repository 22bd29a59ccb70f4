package invar.core.spi;

import java.util.List;
import java.util.Optional;

/// Says whether a backend can be used here, and opens it. Found with [java.util.ServiceLoader].
public interface BackendProvider {

    /// The name a user types: `cpu`, `cuda`, `reference`.
    String name();

    /// `auto` takes the available provider with the highest number; negative: only by name.
    int priority();

    /// Why this backend cannot be used here, in one sentence for the user; empty if it can.
    Optional<String> unavailable();

    /// What was found: processor or GPU, width of the vectors, versions. One line; only called when available.
    String describe();

    /// Vendor's libraries that the backend would compute with: version and path of each, or why it cannot be used. One
    /// line each; only called when available.
    default List<String> libraries() {
        return List.of();
    }

    /// Opens the backend. Only called when [#unavailable] is empty, which does not promise that this works: a device
    /// may be too old, or in use by others.
    ///
    /// @throws IllegalArgumentException if it cannot be opened, with why in one sentence for the user; `auto` then
    ///                                  takes the next one. Every other exception is a mistake of the backend's
    Backend open(DeviceOptions options);
}
