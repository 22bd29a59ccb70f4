package invar.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @Test
    void readsAFileWrittenByHand() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(45).order(ByteOrder.LITTLE_ENDIAN);
        data.putFloat(1.5f).putFloat(-0f).putLong(-7).put((byte) 200).putInt(31)
                .putDouble(Math.PI).putDouble(Double.NaN);
        Path file = file("""
                {"__metadata__":{"op":"nt_xent","rtol.loss":"1e-5"},
                 "x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
                 "label":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},
                 "pixel":{"dtype":"U8","shape":[1,1],"data_offsets":[16,17]},
                 "loss":{"dtype":"F64","shape":[],"data_offsets":[21,29]},
                 "count":{"dtype":"I32","shape":[1],"data_offsets":[17,21]},
                 "last":{"dtype":"F64","shape":[1],"data_offsets":[29,37]}}  \s""", Arrays.copyOf(data.array(), 37));
        Safetensors read = Safetensors.read(file);
        assertThat(read.metadata()).containsExactly(Map.entry("op", "nt_xent"), Map.entry("rtol.loss", "1e-5"));
        assertThat(read.tensors().keySet()).containsExactly("x", "label", "pixel", "loss", "count", "last");
        assertThat(read.tensor("x").shape()).containsExactly(1, 2);
        assertThat(read.tensor("x").floats()).containsExactly(1.5f, -0f);
        assertThat(read.tensor("x").doubles()).containsExactly(1.5, -0.0);
        assertThat(read.tensor("label").longs()).containsExactly(-7);
        assertThat(read.tensor("label").ints()).containsExactly(-7);
        assertThat(read.tensor("pixel").longs()).containsExactly(200);
        assertThat(read.tensor("count").ints()).containsExactly(31);
        assertThat(read.tensor("count").longs()).containsExactly(31);
        assertThat(read.tensor("loss").shape()).isEmpty();
        assertThat(read.tensor("loss").elements()).isEqualTo(1);
        assertThat(read.tensor("loss").doubles()).containsExactly(Math.PI);
        assertThat(read.tensor("last").doubles()).containsExactly(Double.NaN);
    }

    @Test
    void writesTheBytesTheFormatAsksFor() throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("b", StoredTensor.of(new float[] {1, 2}, 2));
        tensors.put("a", StoredTensor.of(new long[] {3}));
        Path file = folder.resolve("out.safetensors");
        new Safetensors(Map.of("format", "pt"), tensors).write(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = (int) bytes.getLong();
        byte[] header = new byte[headerLength];
        bytes.get(header);
        assertThat(headerLength % 8).isZero();
        assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing()).isEqualTo(
                "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}");
        assertThat(bytes.getFloat()).isEqualTo(1f);
        assertThat(bytes.getFloat()).isEqualTo(2f);
        assertThat(bytes.getLong()).isEqualTo(3);
        assertThat(bytes.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 7, 9, 17, 31, 33, 129, 300_007})     // the last needs more than one chunk
    void givesBackWhatWasWritten(int n) throws IOException {
        float[] floats = new float[n];
        double[] doubles = new double[n];
        long[] longs = new long[n];
        int[] ints = new int[n];
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            floats[i] = Float.intBitsToFloat(i * 0x9E3779B9);                // all kinds: NaN, infinite, subnormal
            doubles[i] = 1.0 / i;
            longs[i] = (long) i << 40;
            ints[i] = -i;
            bytes[i] = (byte) i;
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("bytes, first so that all others start at odd offsets", StoredTensor.of(bytes, n));
        tensors.put("encoder.größe \"1\"\n", StoredTensor.of(floats, 1, n));
        tensors.put("", StoredTensor.of(doubles, n, 1));
        tensors.put("longs", StoredTensor.of(longs, 1, n, 1));
        tensors.put("ints", StoredTensor.of(ints, n));
        Path file = folder.resolve("round trip.safetensors");
        new Safetensors(Map.of(), tensors).write(file);
        Safetensors read = Safetensors.read(file);
        assertThat(read.metadata()).isEmpty();
        assertThat(List.copyOf(read.tensors().keySet())).isEqualTo(List.copyOf(tensors.keySet()));
        tensors.forEach((name, tensor) -> {
            StoredTensor back = read.tensor(name);
            assertThat(back.type()).isEqualTo(tensor.type());
            assertThat(back.shape()).isEqualTo(tensor.shape());
            assertThat(back.data().mismatch(tensor.data())).as(name).isEqualTo(-1);
        });
        assertThat(read.tensor("ints").ints()).isEqualTo(ints);
        assertThat(read.tensor("longs").longs()).isEqualTo(longs);
    }

    @Test
    void anEmptyFileOfTensorsIsAFile() throws IOException {
        Path file = folder.resolve("empty.safetensors");
        new Safetensors(Map.of(), Map.of()).write(file);
        assertThat(Safetensors.read(file).tensors()).isEmpty();
        assertThat(Safetensors.read(file("{}", new byte[0])).tensors()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`not json`                                                             | 0  | not valid JSON",
        "`{\"x\":`                                                              | 0  | not valid JSON",
        "`{} {}`                                                                | 0  | not valid JSON",
        "`[]`                                                                   | 0  | not a JSON object",
        "`   `                                                                  | 0  | not a JSON object",
        "`{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"x\":{\"dtype\":\"U8\",\"shape\":[1],"
            + "\"data_offsets\":[1,2]}}`                                        | 2  | Duplicate",
        "`{\"__metadata__\":[]}`                                              | 0  | __metadata__ is not a JSON object",
        "`{\"__metadata__\":{\"n\":3}}`                                         | 0  | __metadata__.n is not a string",
        "`{\"x\":3}`                                                            | 0  | tensor x has dtype (none)",
        "`{\"x\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}`    | 2  | tensor x has dtype \"BF16\"",
        "`{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}`                   | 4  | no array called shape",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}`                            | 4  | no array called data_offsets",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}`       | 4  | 1 data_offsets instead of 2",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}`    | 4  | -1 in its shape",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}`   | 4  | 1.0 in its shape",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,9999999999999999999]}}`| 4 | in its data_offsets",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}`     | 8  | takes 12 bytes",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}`     | 8  | takes 8 bytes",
        "`{\"x\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}` | 8 | overflows 2^63",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],"
            + "\"data_offsets\":[2,6]}}`                                        | 6  | an overlap",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],"
            + "\"data_offsets\":[8,12]}}`                                       | 12 | a gap",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}`     | 8  | a gap",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}`     | 7  | truncated",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}`     | 0  | truncated",
        "`{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}`     | 9  | but 9 follow the header",
        "`{\"x\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]}}`"
            + "                                                                 | 9  | truncated",
    })
    void refusesABrokenHeader(String header, int dataLength, String rule) throws IOException {
        Path file = file(header, new byte[dataLength]);
        assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(file + ": ").hasMessageContaining(rule);
    }

    @Test
    void namesTheDuplicate() throws IOException {
        String tensor = "\"w.bias\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        Path file = file("{" + tensor + "," + tensor + "}", new byte[0]);
        assertThatIOException().isThrownBy(() -> Safetensors.read(file)).withMessageContaining("w.bias");
    }

    @Test
    void refusesAFileCutAnywhere() throws IOException {
        Path whole = folder.resolve("whole.safetensors"), cut = folder.resolve("cut.safetensors");
        new Safetensors(Map.of("a", "b"), Map.of("x", StoredTensor.of(new float[] {1, 2, 3}, 3))).write(whole);
        byte[] bytes = Files.readAllBytes(whole);
        for (int length = 0; length < bytes.length; length++) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> Safetensors.read(cut)).as("%d of %d bytes", length, bytes.length)
                    .isInstanceOf(SafetensorsException.class).hasMessageStartingWith(cut + ": ");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {100_000_001, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void refusesAHeaderBeyondTheLimitBeforeTakingMemoryForIt(long headerLength) throws IOException {
        Path file = folder.resolve("huge.safetensors");
        Files.write(file, ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(headerLength).array());
        assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(SafetensorsException.class)
                .hasMessageContaining(Long.toUnsignedString(headerLength)).hasMessageContaining("at most 100000000");
    }

    @Test
    void refusesAHeaderThatIsNotUtf8() throws IOException {
        byte[] header = "{\"__metadata__\":{\"a\":\"ü\"}}".getBytes(StandardCharsets.ISO_8859_1);
        Path file = file(header, new byte[0]);
        assertThatThrownBy(() -> Safetensors.read(file)).isInstanceOf(SafetensorsException.class)
                .hasMessage(file + ": the header is not UTF-8 text");
    }

    @Test
    void refusesAFolderAndNamesAMissingFile() {
        assertThatIOException().isThrownBy(() -> Safetensors.read(folder)).withMessageContaining("folder");
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> Safetensors.read(missing)).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void noTensorMayTakeTheNameOfTheMetadata() {
        StoredTensor scalar = StoredTensor.of(new float[] {1});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Safetensors(Map.of(), Map.of("__metadata__", scalar)))
                .withMessageContaining("__metadata__");
    }

    @Test
    void sayWhichTensorsThereAreIfOneIsMissing() {
        var file = new Safetensors(Map.of(), Map.of("weight", StoredTensor.of(new float[] {1})));
        assertThatIllegalArgumentException().isThrownBy(() -> file.tensor("bias"))
                .withMessage("there is no tensor bias among [weight]");
    }

    @Test
    void theDataStartsAtAMultipleOfEightBytes() throws IOException {
        for (int n = 1; n <= 9; n++) {
            var content = new Safetensors(Map.of(), Map.of("x".repeat(n), StoredTensor.of(new byte[] {1}, 1)));
            var bytes = new ByteArrayOutputStream();
            content.writeTo(Channels.newChannel(bytes));
            assertThat((bytes.size() - 1) % 8).isZero();
        }
    }

    private Path file(String header, byte[] data) throws IOException {
        return file(header.getBytes(StandardCharsets.UTF_8), data);
    }

    private Path file(byte[] header, byte[] data) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        Path file = folder.resolve("by-hand.safetensors");
        return Files.write(file, bytes.putLong(header.length).put(header).put(data).array());
    }
}
