package invar.ssl.train;

import invar.nn.io.AtomicFile;
import invar.ssl.UserError;
import invar.ssl.data.Datasets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Settings as text: reads and writes `config.yaml`, and changes single values by name.
///
/// A setting is named by its path, as in `optimization.lr`; the last part alone will do where only one setting ends so.
public final class ConfigFile {

    private ConfigFile() {}

    /// All settings of a new run: the defaults for its data, over them those of the method ([Presets]), over them the
    /// values of a YAML file, over them `changes` (name to text). Data and method are themselves found this way.
    ///
    /// @param file may be null
    /// @throws UserError if the file cannot be read, or a setting is unknown or out of range
    public static TrainConfig resolve(Path file, Map<String, String> changes) {
        return resolve(file, Optional.empty(), changes);
    }

    /// The same with one of the method's presets in place of the defaults.
    ///
    /// @param preset `paper` or `cifar`
    /// @throws UserError also if the method has no such preset
    public static TrainConfig resolve(Path file, Optional<String> preset, Map<String, String> changes) {
        ObjectNode given = file == null ? SettingsTree.empty() : SettingsTree.parse(file);
        String data = changes.getOrDefault("data", SettingsTree.text(given, "data").orElse(Datasets.DEFAULT));
        String method = changes.getOrDefault("method", SettingsTree.text(given, "method")
                .orElseGet(() -> Presets.forData(data).method()));
        ObjectNode tree = Presets.of(data, method, preset).values();
        SettingsTree.merge(tree, given, "the settings file " + file);
        changes.forEach((name, text) -> SettingsTree.change(tree, name, text));
        return complete(read(tree, file == null ? "" : " of " + file));
    }

    /// The settings that a run was made with.
    ///
    /// @throws UserError if the file cannot be read or breaks a rule
    public static TrainConfig load(Path file) {
        return complete(read(SettingsTree.parse(file), " of " + file));
    }

    /// The settings of a run that is not of a method in [invar.ssl.method.Methods], whose own
    /// settings are like `defaults`.
    ///
    /// @throws UserError if the file cannot be read or breaks a rule
    public static TrainConfig load(Path file, Record defaults) {
        TrainConfig config = read(SettingsTree.parse(file), " of " + file);
        return config.withSettings(values(settings(config, defaults)));
    }

    /// The settings that [#text] made a text of, of any kind of run.
    ///
    /// @param what names the text in a message
    /// @throws UserError if it is not that of settings
    public static TrainConfig parse(String text, String what) {
        return read(SettingsTree.parse(text, what), " in " + what);
    }

    /// The name of the method in a file of settings, whatever else is in it; empty if there is none.
    ///
    /// @throws UserError if the file cannot be read
    public static String method(Path file) {
        return SettingsTree.text(SettingsTree.parse(file), "method").orElse("");
    }

    /// Writes a new file, or replaces one as a whole.
    public static void save(TrainConfig config, Path file) throws IOException {
        AtomicFile.write(file, text(config).getBytes(StandardCharsets.UTF_8));
    }

    /// The content of a file of these settings.
    public static String text(TrainConfig config) {
        return SettingsTree.YAML.writeValueAsString(config);
    }

    /// The first setting in which a run differs from one with the settings in `text`, as in
    /// `optimization.lr is 0.1, not 0.5`; empty if there is none.
    ///
    /// @param what names the text in a message
    /// @throws UserError if the text is not that of settings
    static Optional<String> difference(String text, String what, TrainConfig config) {
        Map<String, String> theirs = SettingsTree.flat(SettingsTree.parse(text, what));
        Map<String, String> ours = SettingsTree.flat(SettingsTree.of(config));
        for (String name : ours.keySet()) {
            String their = theirs.get(name), our = ours.get(name);
            if (!our.equals(their)) return Optional.of(name + " is " + (their == null ? "not given" : their + ", not "
                    + our));
        }
        return Optional.empty();
    }

    /// The method's settings as its record.
    ///
    /// @throws UserError if one is unknown or out of range
    public static Record settings(TrainConfig config) {
        return settings(config, Presets.settings(config.method()));
    }

    /// The run's own settings as a record like `defaults`, which has the values that are not given.
    ///
    /// @throws UserError if one is unknown or out of range
    public static <C extends Record> C settings(TrainConfig config, C defaults) {
        ObjectNode tree = SettingsTree.of(defaults);
        config.settings().forEach((name, value) -> {
            if (!tree.has(name)) {
                throw new UserError("The method " + config.method() + " has no setting '" + name + "'; it has "
                        + (tree.isEmpty() ? "none" : String.join(", ", tree.propertyNames())) + ".");
            }
            tree.set(name, SettingsTree.YAML.valueToTree(value));
        });
        try {
            @SuppressWarnings("unchecked")                        // of the class of the defaults
            C settings = (C) SettingsTree.YAML.treeToValue(tree, defaults.getClass());
            return settings;
        } catch (JacksonException e) {
            throw new UserError("Wrong settings of " + config.method() + ": " + SettingsTree.reason(e, tree) + ".", e);
        }
    }

    /// The same settings, with the defaults of the method's settings that were not given.
    private static TrainConfig complete(TrainConfig config) {
        return config.withSettings(values(settings(config)));
    }

    /// A record of settings by name, as [TrainConfig#settings] has them.
    public static Map<String, Object> values(Record settings) {
        return SettingsTree.YAML.convertValue(settings, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    private static TrainConfig read(JsonNode tree, String of) {
        try {
            return SettingsTree.YAML.treeToValue(tree, TrainConfig.class);
        } catch (JacksonException e) {
            throw new UserError("Wrong settings" + of + ": " + SettingsTree.reason(e, tree) + ".", e);
        }
    }
}
