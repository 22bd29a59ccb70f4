package invar.nn;

import invar.core.Device;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The devices that layers and optimisers are tested on: every one on the class path that can be used here.
public final class Devices {

    /// Their names; the reference backend is always among them.
    public static final List<String> NAMES = Device.providers().stream()
            .filter(p -> p.unavailable().isEmpty()).map(p -> p.name()).toList();

    private static final Map<String, Device> OPEN = new ConcurrentHashMap<>();

    private Devices() {}

    /// The device of this name, opened once.
    public static Device of(String name) {
        return OPEN.computeIfAbsent(name, Device::open);
    }
}
