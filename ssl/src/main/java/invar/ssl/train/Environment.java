package invar.ssl.train;

import invar.core.Device;
import invar.core.spi.BackendProvider;
import invar.nn.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What a run was computed with: versions, machine, device. Times depend on it; losses, on one kind of device, do not.
public final class Environment {

    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Environment() {}

    /// Writes the file as a whole or not at all.
    ///
    /// @param program name and version of this program
    /// @param views   where views are made
    public static void save(Path file, String program, Device device, ViewPlace views, Instant started)
            throws IOException {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("program", program);
        facts.put("started", started.toString());
        facts.put("java", Runtime.version().toString());
        facts.put("vm", System.getProperty("java.vm.name"));
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("architecture", System.getProperty("os.arch"));
        facts.put("processors", Runtime.getRuntime().availableProcessors());
        facts.put("heap_bytes", Runtime.getRuntime().maxMemory());
        facts.put("device", device.name());
        facts.put("precision", device.precision().toString());
        if (!device.libraries().isEmpty()) facts.put("libraries", device.libraries());
        facts.put("views", views.description());
        for (BackendProvider provider : Device.providers()) {
            if (provider.name().equals(device.name())) facts.put("device_description", provider.describe());
        }
        AtomicFile.write(file, JSON.writeValueAsBytes(facts));
    }
}
