package invar.ssl.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

import invar.nn.io.AtomicFile;
import invar.ssl.UserError;
import invar.ssl.method.Methods;

/// Settings as text: reads and writes `config.yaml`, and changes single values by name.
///
/// A setting is named by its path, as in `optimization.lr`; the last part alone will do where only one setting ends so.
public final class ConfigFile {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private ConfigFile() {}

    /// `base` with the values of a YAML file, then those of `changes` (name to text).
    ///
    /// @param file may be null
    /// @throws UserError if the file cannot be read, or a setting is unknown or out of range
    public static TrainConfig resolve(TrainConfig base, Path file, Map<String, String> changes) {
        ObjectNode tree = YAML.valueToTree(base);
        if (file != null) merge(tree, parse(file), "", file);
        changes.forEach((name, text) -> change(tree, name, text));
        return read(tree, "the settings");
    }

    /// The settings that a run was made with.
    ///
    /// @throws UserError if the file cannot be read or breaks a rule
    public static TrainConfig load(Path file) {
        return read(parse(file), file.toString());
    }

    /// Writes a new file, or replaces one as a whole.
    public static void save(TrainConfig config, Path file) throws IOException {
        byte[] text = YAML.writeValueAsBytes(config);
        AtomicFile.write(file, channel -> channel.write(java.nio.ByteBuffer.wrap(text)));
    }

    /// The method's settings as its record.
    ///
    /// @throws UserError if one is unknown or out of range
    public static Record settings(TrainConfig config) {
        Record defaults = Methods.named(config.method()).defaults();
        ObjectNode tree = YAML.valueToTree(defaults);
        config.settings().forEach((name, value) -> {
            if (!tree.has(name)) {
                throw new UserError("The method " + config.method() + " has no setting '" + name + "'; it has "
                        + String.join(", ", tree.propertyNames()) + ".");
            }
            tree.set(name, YAML.valueToTree(value));
        });
        try {
            return YAML.treeToValue(tree, defaults.getClass());
        } catch (JacksonException e) {
            throw new UserError("The settings of " + config.method() + " are not valid: " + reason(e) + ".", e);
        }
    }

    /// All settings of a method by name, defaults where `config` says nothing.
    public static Map<String, Object> resolvedSettings(Record settings) {
        return YAML.convertValue(settings, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    private static ObjectNode parse(Path file) {
        if (!Files.isRegularFile(file)) throw new UserError("There is no settings file " + file + ".");
        try {
            JsonNode tree = YAML.readTree(Files.readAllBytes(file));
            if (tree instanceof ObjectNode object) return object;
            throw new UserError("The settings file " + file + " must hold names and values, as in `batch: 256`.");
        } catch (JacksonException e) {
            throw new UserError("The settings file " + file + " is not YAML: " + reason(e) + ".", e);
        } catch (IOException e) {
            throw new UserError("The settings file " + file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static TrainConfig read(ObjectNode tree, String what) {
        try {
            return YAML.treeToValue(tree, TrainConfig.class);
        } catch (JacksonException e) {
            throw new UserError("A setting in " + what + " is not valid: " + reason(e) + ".", e);
        }
    }

    /// What a constructor said, or else the parser's first line.
    private static String reason(JacksonException e) {
        Throwable cause = e.getCause() != null ? e.getCause() : e;
        String message = cause instanceof JacksonException j ? j.getOriginalMessage() : cause.getMessage();
        return message.lines().findFirst().orElse(cause.toString());
    }

    private static void merge(ObjectNode into, ObjectNode from, String path, Path file) {
        for (String name : from.propertyNames()) {
            boolean open = path.equals("settings.");
            if (!into.has(name) && !open) {
                throw new UserError("The settings file " + file + " has an unknown setting '" + path + name + "'.");
            }
            if (into.get(name) instanceof ObjectNode inner && from.get(name) instanceof ObjectNode changes) {
                merge(inner, changes, path + name + ".", file);
            } else {
                into.set(name, from.get(name));
            }
        }
    }

    private static void change(ObjectNode tree, String name, String text) {
        ObjectNode at = tree;
        String[] parts = name.split("\\.");
        if (parts.length == 1 && !tree.has(name)) {
            at = holder(tree, name);
        } else {
            for (int i = 0; i < parts.length - 1; i++) {
                if (!(at.get(parts[i]) instanceof ObjectNode inner)) throw unknown(tree, name);
                at = inner;
            }
        }
        String last = parts[parts.length - 1];
        if (!at.has(last) && at != tree.get("settings")) throw unknown(tree, name);
        at.set(last, YAML.readTree(text));
    }

    /// The group that has a setting of this name.
    private static ObjectNode holder(ObjectNode tree, String name) {
        ObjectNode found = null;
        for (JsonNode group : tree) {
            if (group instanceof ObjectNode object && object.has(name)) {
                if (found != null) throw new UserError("The setting '" + name + "' is in two groups: write group." + name + ".");
                found = object;
            }
        }
        if (found == null) throw unknown(tree, name);
        return found;
    }

    private static UserError unknown(ObjectNode tree, String name) {
        StringBuilder known = new StringBuilder();
        for (String top : tree.propertyNames()) {
            if (tree.get(top) instanceof ObjectNode group) {
                for (String inner : group.propertyNames()) known.append(", ").append(top).append('.').append(inner);
            } else {
                known.append(", ").append(top);
            }
        }
        return new UserError("There is no setting '" + name + "'; there are " + known.substring(2) + ".");
    }
}
