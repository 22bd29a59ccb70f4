package invar.nn;

import invar.core.Device;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The devices that layers and optimisers are tested on. One that cannot be opened here fails its tests.
public final class Devices {

    /// Their names.
    public static final List<String> NAMES = List.of("reference", "cpu");

    private static final Map<String, Device> OPEN = new ConcurrentHashMap<>();

    private Devices() {}

    /// The device of this name, opened once.
    public static Device of(String name) {
        return OPEN.computeIfAbsent(name, Device::open);
    }
}
