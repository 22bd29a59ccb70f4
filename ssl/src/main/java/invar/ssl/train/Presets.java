package invar.ssl.train;

import invar.ssl.UserError;
import invar.ssl.method.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/// The settings of a run where nobody says otherwise: by data, and by method. All of them are in resources, each value
/// once and with its source.
///
/// Those of the data are in `invar/ssl/train/data.yaml`. The presets of a method are in a resource beside it,
/// `invar/ssl/method/NAME.yaml`, and are laid over those of the data. There are three: `paper`, of the publication;
/// `cifar`, as published for CIFAR-10 by the authors or by a library that many use; and `small`, of runs without a
/// preset. Each has all of the method's own settings.
public final class Presets {

    /// The preset of the publication.
    public static final String PAPER = "paper";

    /// Names that can be asked for.
    public static final List<String> NAMES = List.of(PAPER, "cifar");

    private static final String SMALL = "small", SETTINGS = "settings", DATA = "data.yaml";

    /// The block of images of any kind, over which that of the data is laid.
    private static final String IMAGES = "images";

    private Presets() {}

    /// Settings that nobody has changed.
    ///
    /// @param values  of all names
    /// @param sources where each value is from, by its path
    record Defaults(ObjectNode values, Map<String, String> sources) {

        /// Lays the block of a resource over these, its method's own settings (`own`) or all else.
        private void lay(String text, String block, boolean own) {
            ObjectNode from = block(text, block);
            ObjectNode part = SettingsTree.empty();
            for (String name : from.propertyNames()) {
                if (name.equals(SETTINGS) == own) part.set(name, from.get(name));
            }
            SettingsTree.merge(values, part, "the preset " + block);
            Map<String, String> comments = Sources.of(text);
            SettingsTree.flat(part).keySet()
                    .forEach(path -> sources.put(path, comments.getOrDefault(block + "." + path, "")));
        }
    }

    /// The defaults for data of this name or path, with the settings that their method has for it.
    public static TrainConfig forData(String data) {
        Defaults defaults = ofData(data);
        String text = resource(TrainConfig.class, DATA);
        defaults.lay(text, IMAGES, true);
        defaults.lay(text, block(data), true);
        try {
            return SettingsTree.YAML.treeToValue(defaults.values, TrainConfig.class);
        } catch (JacksonException e) {
            throw new IllegalStateException("wrong settings of the data in " + DATA, e);
        }
    }

    /// All but the settings of the method.
    private static Defaults ofData(String data) {
        String text = resource(TrainConfig.class, DATA);
        Defaults defaults = new Defaults(block(text, IMAGES), new LinkedHashMap<>());
        defaults.lay(text, IMAGES, false);
        defaults.lay(text, block(data), false);
        SettingsTree.change(defaults.values, "data", data);
        defaults.sources.put("data", "the data asked for");
        return defaults;
    }

    private static String block(String data) {
        return switch (data) {
            case "emoji32", "emoji32-tones" -> "emoji32";
            case "shapes" -> "shapes";
            default -> IMAGES;
        };
    }

    /// The settings of a run of this method on this data: those of the preset, or those for small images, where the
    /// data may have a word on the method that is its default.
    ///
    /// @throws UserError if there is no such method or preset
    static Defaults of(String data, String method, Optional<String> preset) {
        String text = text(method), name = preset.orElse(SMALL);
        if (!NAMES.contains(name) && preset.isPresent()) {
            throw new UserError("There is no preset '" + name + "'; there are " + String.join(" and ", NAMES) + ".");
        }
        Defaults defaults = ofData(data);
        boolean theirs = preset.isEmpty() && defaults.values.get("method").asString().equals(method);
        SettingsTree.change(defaults.values, "method", method);
        defaults.sources.put("method", "the method asked for");
        defaults.values.set(SETTINGS, block(text, name).get(SETTINGS));
        defaults.lay(text, name, true);
        defaults.lay(text, name, false);
        if (theirs) {
            String ofData = resource(TrainConfig.class, DATA);
            defaults.lay(ofData, IMAGES, true);
            defaults.lay(ofData, block(data), true);
        }
        return defaults;
    }

    /// What `config.yaml` of a run on this data would hold, behind each value its source.
    ///
    /// @throws UserError if there is no such method or preset
    public static String withSources(String data, String method, Optional<String> preset) {
        TrainConfig config = ConfigFile.resolve(null, preset, Map.of("method", method, "data", data));
        return Sources.beside(ConfigFile.text(config), of(data, method, preset).sources);
    }

    /// The method's own settings where nobody says otherwise.
    ///
    /// @throws UserError if there is no such method
    public static Record settings(String method) {
        return settings(method, SMALL);
    }

    /// The method's own settings in one of its presets.
    ///
    /// @throws UserError if there is no such method
    public static Record settings(String method, String preset) {
        try {
            return SettingsTree.YAML.treeToValue(block(text(method), preset).get(SETTINGS),
                    Methods.named(method).settings());
        } catch (JacksonException e) {
            throw new IllegalStateException("wrong settings of " + method + " in its preset " + preset, e);
        }
    }

    /// The resource of this method, with the sources of its values.
    ///
    /// @throws UserError if there is no such method
    public static String text(String method) {
        return resource(Methods.class, Methods.named(method).name() + ".yaml");
    }

    /// One of the blocks of a resource; its own copy.
    private static ObjectNode block(String text, String name) {
        if (SettingsTree.parse(text, "the presets").get(name) instanceof ObjectNode block) return block;
        throw new IllegalStateException("a resource has no block " + name);
    }

    private static String resource(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("the resource " + name + " is missing");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
