package invar.nn.io;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The JSON header of a safetensors file, checked: what a file with it must hold is known to be there.
///
/// @param metadata text by key
/// @param slots    where each tensor lies, by name, in the order of the header
record SafetensorsHeader(Map<String, String> metadata, Map<String, Slot> slots) {

    /// The most bytes a header may have, by the format's definition: keeps a damaged length from exhausting memory.
    static final int LIMIT = 100_000_000;

    /// A tensor's type and shape, and its bytes: `begin` to `end` (exclusive) of the data.
    record Slot(StoredTensor.Type type, long[] shape, long begin, long end) {}

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /// Reads and checks the header of `file`, whose data has `dataLength` bytes.
    static SafetensorsHeader parse(Path file, ByteBuffer utf8, long dataLength) throws SafetensorsException {
        JsonNode root = json(file, utf8);
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Slot> slots = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            if (property.getKey().equals(Safetensors.METADATA)) {
                metadata.putAll(metadata(file, property.getValue()));
            } else {
                slots.put(property.getKey(), slot(file, property.getKey(), property.getValue()));
            }
        }
        checkCover(file, slots, dataLength);
        return new SafetensorsHeader(metadata, slots);
    }

    /// The tensors this header describes, as slices of `data`.
    Safetensors withData(MemorySegment data) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        slots.forEach((name, slot) -> tensors.put(name,
                new StoredTensor(slot.type, slot.shape, data.asSlice(slot.begin, slot.end - slot.begin))));
        return new Safetensors(metadata, tensors);
    }

    /// The header for `content`, padded with spaces so that the data starts at a multiple of 8 bytes.
    static byte[] format(Safetensors content) {
        Map<String, Object> root = new LinkedHashMap<>();
        if (!content.metadata().isEmpty()) root.put(Safetensors.METADATA, content.metadata());
        long offset = 0;
        for (Map.Entry<String, StoredTensor> entry : content.tensors().entrySet()) {
            StoredTensor tensor = entry.getValue();
            long end = offset + tensor.data().byteSize();
            Map<String, Object> slot = new LinkedHashMap<>();
            slot.put("dtype", tensor.type().name());
            slot.put("shape", tensor.shape());
            slot.put("data_offsets", new long[] {offset, end});
            root.put(entry.getKey(), slot);
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(root);
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, 8) * 8);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        if (padded.length > LIMIT) {
            throw new IllegalArgumentException("names and metadata take %d bytes, but a header has at most %d"
                    .formatted(padded.length, LIMIT));
        }
        return padded;
    }

    private static JsonNode json(Path file, ByteBuffer utf8) throws SafetensorsException {
        JsonNode root;
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();   // refuses what is not UTF-8
            root = JSON.readTree(text);
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(file, "the header is not UTF-8 text", e);
        } catch (JacksonException e) {
            throw new SafetensorsException(file, "the header is not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!root.isObject()) throw new SafetensorsException(file, "the header is not a JSON object");
        return root;
    }

    private static Map<String, String> metadata(Path file, JsonNode node) throws SafetensorsException {
        if (!node.isObject()) throw new SafetensorsException(file, "__metadata__ is not a JSON object");
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            if (!property.getValue().isString()) {
                throw new SafetensorsException(file, "__metadata__." + property.getKey() + " is not a string");
            }
            metadata.put(property.getKey(), property.getValue().stringValue());
        }
        return metadata;
    }

    private static Slot slot(Path file, String name, JsonNode node) throws SafetensorsException {
        StoredTensor.Type type = type(file, name, node.path("dtype"));
        long[] shape = integers(file, name, "shape", node.path("shape"));
        long[] offsets = integers(file, name, "data_offsets", node.path("data_offsets"));
        if (offsets.length != 2) {
            throw new SafetensorsException(file, "tensor " + name + " has " + offsets.length
                    + " data_offsets instead of 2");
        }
        long begin = offsets[0], end = offsets[1], bytes;
        try {
            bytes = StoredTensor.byteSize(type, shape);
        } catch (IllegalArgumentException e) {
            throw new SafetensorsException(file, "tensor " + name + ": " + e.getMessage(), e);
        }
        if (end < begin || end - begin != bytes) {
            throw new SafetensorsException(file, "tensor %s, %s of shape %s, takes %d bytes, but data_offsets are %s"
                    .formatted(name, type, Arrays.toString(shape), bytes, Arrays.toString(offsets)));
        }
        return new Slot(type, shape, begin, end);
    }

    private static StoredTensor.Type type(Path file, String name, JsonNode node) throws SafetensorsException {
        for (StoredTensor.Type type : StoredTensor.Type.values()) {
            if (node.isString() && node.stringValue().equals(type.name())) return type;
        }
        throw new SafetensorsException(file, "tensor %s has dtype %s, but only %s can be read"
                .formatted(name, node.isMissingNode() ? "(none)" : node, Arrays.toString(StoredTensor.Type.values())));
    }

    private static long[] integers(Path file, String name, String key, JsonNode node) throws SafetensorsException {
        if (!node.isArray()) throw new SafetensorsException(file, "tensor " + name + " has no array called " + key);
        long[] values = new long[node.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = node.get(i);
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                throw new SafetensorsException(file, "tensor " + name + " has " + value + " in its " + key
                        + ", which must be integers from 0 to 2^63 - 1");
            }
            values[i] = value.longValue();
        }
        return values;
    }

    /// The slots, sorted, must follow each other without gaps and overlaps from 0 to `dataLength`.
    private static void checkCover(Path file, Map<String, Slot> slots, long dataLength) throws SafetensorsException {
        List<Map.Entry<String, Slot>> sorted = slots.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, Slot> e) -> e.getValue().begin)
                        .thenComparingLong(e -> e.getValue().end))
                .toList();
        long covered = 0;
        for (Map.Entry<String, Slot> entry : sorted) {
            long begin = entry.getValue().begin;
            if (begin != covered) {
                throw new SafetensorsException(file, "tensor %s starts at byte %d, but the one before it ends at %d: %s"
                        .formatted(entry.getKey(), begin, covered, begin < covered ? "an overlap" : "a gap"));
            }
            covered = entry.getValue().end;
        }
        if (covered > dataLength) {
            throw new SafetensorsException(file, "the file is truncated: its tensors take " + covered
                    + " bytes, but only " + dataLength + " follow the header");
        }
        if (covered < dataLength) {
            throw new SafetensorsException(file, "the tensors take " + covered + " bytes, but " + dataLength
                    + " follow the header");
        }
    }
}
