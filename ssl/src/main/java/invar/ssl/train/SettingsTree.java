package invar.ssl.train;

import invar.ssl.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Settings as a tree of names and values, in which files and single changes are laid over each other.
final class SettingsTree {

    static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .build();

    private SettingsTree() {}

    static ObjectNode empty() {
        return YAML.createObjectNode();
    }

    static ObjectNode of(Record settings) {
        return YAML.valueToTree(settings);
    }

    /// The content of a file.
    ///
    /// @throws UserError if it cannot be read or holds no settings
    static ObjectNode parse(Path file) {
        if (!Files.isRegularFile(file)) throw new UserError("There is no settings file " + file + ".");
        try {
            return parse(Files.readString(file), "the settings file " + file);
        } catch (IOException e) {
            throw new UserError("The settings file " + file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /// What is written in `text`; `what` names it in a message.
    ///
    /// @throws UserError if it holds no settings
    static ObjectNode parse(String text, String what) {
        try {
            if (YAML.readTree(text) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            throw new UserError("Not YAML: " + what + ": " + firstLine(e.getOriginalMessage()) + ".", e);
        }
        throw new UserError("No settings: " + what + " must hold names and values, as in `batch: 256`.");
    }

    /// The text of a setting at the top of the tree, if it is there.
    static Optional<String> text(ObjectNode tree, String name) {
        return tree.get(name) instanceof JsonNode value && value.isValueNode() && !value.isNull()
                ? Optional.of(value.asString()) : Optional.empty();
    }

    /// Every value by its path, as in `optimization.lr`.
    static Map<String, String> flat(ObjectNode tree) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String name : tree.propertyNames()) {
            if (tree.get(name) instanceof ObjectNode group) {
                flat(group).forEach((inner, value) -> values.put(name + "." + inner, value));
            } else {
                JsonNode value = tree.get(name);
                values.put(name, value.isValueNode() ? value.asString() : value.toString());
            }
        }
        return values;
    }

    /// Lays the values of a file, called `what` in messages, over `tree`.
    ///
    /// @throws UserError if the tree has no setting of a name
    static void merge(ObjectNode tree, ObjectNode from, String what) {
        merge(tree, from, "", what);
    }

    private static void merge(ObjectNode into, ObjectNode from, String path, String what) {
        for (String name : from.propertyNames()) {
            if (!into.has(name)) {
                throw new UserError(Character.toUpperCase(what.charAt(0)) + what.substring(1)
                        + " has an unknown setting '" + path + name + "'; there are "
                        + String.join(", ", into.propertyNames()) + ".");
            }
            if (into.get(name) instanceof ObjectNode inner && from.get(name) instanceof ObjectNode changes) {
                merge(inner, changes, path + name + ".", what);
            } else {
                into.set(name, from.get(name));
            }
        }
    }

    /// Gives the setting of this name the value that `text` is in YAML; a setting that is a text takes it as it is.
    ///
    /// @throws UserError if there is no such setting, or the text is not YAML
    static void change(ObjectNode tree, String name, String text) {
        String[] parts = name.split("\\.", -1);
        ObjectNode at = tree;
        if (parts.length == 1 && !tree.has(name)) {
            at = holder(tree, name);
        } else {
            for (int i = 0; i < parts.length - 1; i++) {
                if (!(at.get(parts[i]) instanceof ObjectNode inner)) throw unknown(tree, name);
                at = inner;
            }
        }
        String last = parts[parts.length - 1];
        if (!at.has(last)) throw unknown(tree, name);
        if (text.isBlank()) throw new UserError("The setting " + name + " must have a value.");
        try {
            at.set(last, at.get(last).isString() ? YAML.valueToTree(text) : YAML.readTree(text));
        } catch (JacksonException e) {
            throw new UserError("The value '" + text + "' of the setting " + name + " is not YAML: "
                    + firstLine(e.getOriginalMessage()) + ".", e);
        }
    }

    /// The group that has a setting of this name.
    private static ObjectNode holder(ObjectNode tree, String name) {
        List<String> groups = tree.propertyNames().stream()
                .filter(group -> tree.get(group) instanceof ObjectNode object && object.has(name)).toList();
        if (groups.isEmpty()) throw unknown(tree, name);
        if (groups.size() > 1) {
            throw new UserError("The setting '" + name + "' is in more than one group: write "
                    + groups.stream().map(group -> group + "." + name).collect(Collectors.joining(" or ")) + ".");
        }
        return (ObjectNode) tree.get(groups.getFirst());
    }

    private static UserError unknown(ObjectNode tree, String name) {
        if (name.startsWith("settings.") && tree.get("settings") instanceof ObjectNode own) {
            String last = name.substring("settings.".length());
            return new UserError("The method " + text(tree, "method").orElse("") + " has no setting '" + last + "'"
                    + (last.equals("temperature") ? " (--temperature)" : "") + "; it has "
                    + (own.isEmpty() ? "none" : String.join(", ", own.propertyNames())) + ".");
        }
        return new UserError("There is no setting '" + name + "'; there are " + String.join(", ", flat(tree).keySet())
                + ".");
    }

    /// What is wrong with `tree`, in one clause: what a constructor said, or which value is of the wrong type.
    static String reason(JacksonException e, JsonNode tree) {
        if (e.getCause() != null && !(e.getCause() instanceof JacksonException) && e.getCause().getMessage() != null) {
            return firstLine(e.getCause().getMessage());
        }
        String path = e.getPath().stream().map(part -> String.valueOf(part.getPropertyName()))
                .collect(Collectors.joining("."));
        if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null && !path.isEmpty()) {
            JsonNode value = tree.at("/" + path.replace('.', '/'));
            String wanted = wanted(mismatch.getTargetType());
            if (value.isMissingNode() || value.isNull()) return path + " must have a value, " + wanted;
            if (!wanted.isEmpty()) return path + " must be " + wanted + " but is " + value.toString()
                    .replace('"', '\'');
        }
        return (path.isEmpty() ? "" : path + ": ") + firstLine(e.getOriginalMessage());
    }

    private static String wanted(Class<?> type) {
        if (type == int.class || type == long.class) return "a whole number";
        if (type == double.class) return "a number";
        if (type == boolean.class) return "true or false";
        if (type == String.class) return "a text";
        return "a group of settings";
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").replaceAll("[.:]$", "");
    }
}
