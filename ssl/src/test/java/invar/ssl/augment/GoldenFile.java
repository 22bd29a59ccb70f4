package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One golden case: inputs, settings and the result that torchvision computed in float64.
record GoldenFile(String name, JsonNode header, ByteBuffer data) {

    private static final JsonMapper JSON = new JsonMapper();

    /// Every case of an op; fails if there are fewer than `expected`, so that a lost file cannot pass for a success.
    static List<GoldenFile> all(String op, int expected) {
        try (Stream<Path> files = Files.list(Path.of(GoldenFile.class.getResource("/golden/" + op).toURI()))) {
            List<GoldenFile> cases = files.sorted().map(GoldenFile::read).toList();
            assertThat(cases).as(op).hasSize(expected);
            return cases;
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static GoldenFile read(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            byte[] json = new byte[(int) bytes.getLong()];
            bytes.get(json);
            JsonNode header = JSON.readTree(new String(json, StandardCharsets.UTF_8));
            return new GoldenFile(file.getFileName().toString(), header, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    String setting(String key) {
        return header.get("__metadata__").get(key).asString();
    }

    float number(String key) {
        return Float.parseFloat(setting(key));
    }

    int integer(String key) {
        return Integer.parseInt(setting(key));
    }

    boolean flag(String key) {
        return Map.of("true", true, "false", false).get(setting(key));
    }

    JsonNode list(String key) {
        return JSON.readTree(setting(key));
    }

    int[] shape(String tensor) {
        JsonNode shape = header.get(tensor).get("shape");
        int[] extents = new int[shape.size()];
        for (int i = 0; i < extents.length; i++) extents[i] = shape.get(i).asInt();
        return extents;
    }

    float[] floats(String tensor) {
        assertThat(header.get(tensor).get("dtype").asString()).isEqualTo("F32");
        float[] values = new float[Arrays.stream(shape(tensor)).reduce(1, Math::multiplyExact)];
        section(tensor).asFloatBuffer().get(values);
        return values;
    }

    int[] integers(String tensor) {
        assertThat(header.get(tensor).get("dtype").asString()).isEqualTo("I64");
        long[] values = new long[Arrays.stream(shape(tensor)).reduce(1, Math::multiplyExact)];
        section(tensor).asLongBuffer().get(values);
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    private ByteBuffer section(String tensor) {
        JsonNode offsets = header.get(tensor).get("data_offsets");
        int begin = offsets.get(0).asInt();
        return data.slice(begin, offsets.get(1).asInt() - begin).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The input image.
    ImageBuffer image() {
        int[] shape = shape("x");
        return new ImageBuffer().load(floats("x"), 0, shape[1], shape[2]);
    }

    /// Compares the image with `y`.
    void compare(ImageBuffer image) {
        assertThat(new int[] {3, image.height(), image.width()}).as(name).isEqualTo(shape("y"));
        float[] y = new float[3 * image.area()];
        image.copyTo(y, 0);
        compare(y);
    }

    /// Compares slice by slice along the first axis: max |actual − y| ≤ atol + rtol max |y|.
    void compare(float[] actual) {
        float[] expected = floats("y");
        double rtol = Double.parseDouble(setting("rtol.y")), atol = Double.parseDouble(setting("atol.y"));
        assertThat(actual).as(name).hasSameSizeAs(expected);
        int slices = shape("y")[0], length = expected.length / slices;
        for (int s = 0; s < slices; s++) {
            double error = 0, size = 0;
            for (int i = s * length; i < (s + 1) * length; i++) {
                assertThat(actual[i]).as(name).isFinite();
                error = Math.max(error, Math.abs(actual[i] - expected[i]));
                size = Math.max(size, Math.abs(expected[i]));
            }
            assertThat(error).as("%s, slice %d", name, s).isLessThanOrEqualTo(atol + rtol * size);
        }
    }
}
