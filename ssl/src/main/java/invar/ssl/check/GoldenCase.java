package invar.ssl.check;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.io.Safetensors;
import invar.nn.io.StoredTensor;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One golden file: the inputs and settings of an op, and what it must compute from them.
///
/// The file is a safetensors file whose metadata names the op, the inputs, the outputs, and the settings as text:
/// numbers, `true` and `false`, JSON lists. Everything here that reads a setting throws a [GoldenException] that names
/// it if it is missing or malformed.
///
/// @param op      which op
/// @param name    which case of it
/// @param inputs  names of the tensors to feed
/// @param outputs names of the tensors to compare
/// @param content the file
public record GoldenCase(String op, String name, List<String> inputs, List<String> outputs, Safetensors content) {

    private static final JsonMapper JSON = new JsonMapper();

    /// Reads a golden file.
    ///
    /// @throws GoldenException if it cannot be read, or is no golden file; the message says why
    static GoldenCase read(Path file) {
        try {
            return of(Safetensors.read(file));
        } catch (NoSuchFileException e) {
            throw new GoldenException("there is no such file", e);
        } catch (IOException e) {
            throw new GoldenException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    /// A golden file that was read already.
    ///
    /// @throws GoldenException if it is none
    static GoldenCase of(Safetensors content) {
        Map<String, String> metadata = content.metadata();
        for (String key : List.of("op", "case", "inputs", "outputs")) {
            if (!metadata.containsKey(key)) {
                throw new GoldenException("this is no golden file: its metadata has no " + key);
            }
        }
        GoldenCase golden = new GoldenCase(metadata.get("op"), metadata.get("case"), names(metadata.get("inputs")),
                names(metadata.get("outputs")), content);
        if (golden.outputs.isEmpty()) throw new GoldenException("this is no golden file: it names no output");
        for (String tensor : golden.inputs) golden.stored(tensor);
        for (String tensor : golden.outputs) golden.stored(tensor);
        return golden;
    }

    private static List<String> names(String list) {
        return Arrays.stream(list.split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
    }

    /// The tensor called `tensor`, as the file holds it.
    ///
    /// @throws GoldenException if there is none
    StoredTensor stored(String tensor) {
        StoredTensor stored = content.tensors().get(tensor);
        if (stored == null) throw new GoldenException("the file has no tensor " + tensor);
        return stored;
    }

    /// The rest of the names of all inputs that begin with `prefix`, in the order of the file.
    List<String> inputsAfter(String prefix) {
        return inputs.stream().filter(n -> n.startsWith(prefix)).map(n -> n.substring(prefix.length())).toList();
    }

    /// The extents of a tensor.
    int[] extents(String tensor) {
        return Arrays.stream(stored(tensor).shape()).mapToInt(Math::toIntExact).toArray();
    }

    /// The elements of a tensor of 32-bit floats.
    float[] floats(String tensor) {
        return stored(tensor).floats();
    }

    /// The elements of a tensor of integers.
    int[] integers(String tensor) {
        return stored(tensor).ints();
    }

    /// A tensor on a device, real or integer as in the file.
    Tensor on(Device device, String tensor) {
        StoredTensor stored = stored(tensor);
        Shape shape = Shape.of(extents(tensor));
        return switch (stored.type()) {
            case F32, F64 -> device.tensor(shape, stored.doubles());
            case I64, I32, U8 -> device.integers(shape, stored.ints());
        };
    }

    /// A setting as text.
    String text(String key) {
        String value = content.metadata().get(key);
        if (value == null) throw new GoldenException("the metadata has no " + key);
        return value;
    }

    /// A setting that is a real number.
    double number(String key) {
        return parsed(key, "a number", Double::parseDouble);
    }

    /// A setting that is an integer.
    int integer(String key) {
        return parsed(key, "an integer", Integer::parseInt);
    }

    /// A setting that is `true` or `false`.
    boolean flag(String key) {
        return parsed(key, "true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        });
    }

    /// A setting that is a list of numbers.
    double[] numbers(String key) {
        return list(key).stream().mapToDouble(JsonNode::doubleValue).toArray();
    }

    /// A setting that is a list of texts.
    List<String> texts(String key) {
        return list(key).stream().map(JsonNode::stringValue).toList();
    }

    /// A setting that is a list of integers.
    int[] integerList(String key) {
        return list(key).stream().mapToInt(JsonNode::intValue).toArray();
    }

    private List<JsonNode> list(String key) {
        return parsed(key, "a list", text -> List.copyOf(JSON.readTree(text).asArray().values()));
    }

    private <T> T parsed(String key, String rule, Function<String, T> parse) {
        String text = text(key);
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException | JacksonException e) {
            throw new GoldenException("the metadata's " + key + " must be " + rule + " but is '" + text + "'", e);
        }
    }
}
