package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.io.Safetensors;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncoderFileTest {

    private static final Normalize NORMALIZE = new Normalize(List.of(0.1, 0.2, 1 / 3.0), List.of(0.4, 0.5, 0.6));

    @TempDir
    Path folder;

    private final Device device = Runs.reference();
    private Path file;
    private Layer encoder;

    @BeforeEach
    void save() throws IOException {
        file = folder.resolve("encoder.safetensors");
        encoder = Encoders.make(Runs.TINY.encoder(), device, 5).network();
        encoder.apply(images(), Mode.TRAIN);                // so that the running statistics are not those of the start
        EncoderFile.save(file, encoder, Runs.TINY, NORMALIZE);
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void givesBackTheNetworkAndHowToFeedIt() {
        EncoderFile.Loaded loaded = EncoderFile.load(file, device);
        assertThat(loaded.network().apply(images(), Mode.EVAL).doubles())
                .isEqualTo(encoder.apply(images(), Mode.EVAL).doubles());
        assertThat(loaded.normalize()).isEqualTo(NORMALIZE);
        assertThat(loaded.side()).isEqualTo(Runs.TINY.imageSize());
        assertThat(loaded.data()).isEqualTo("noise");
    }

    @Test
    void namesTensorsAsTorchvisionDoes() throws IOException {
        Map<String, ?> tensors = Safetensors.read(file).tensors();
        assertThat(tensors.keySet()).isEqualTo(Modules.state(encoder).keySet())
                .contains("conv1.weight", "bn1.running_mean",
                "layer2.0.downsample.0.weight", "layer4.0.bn2.bias");
    }

    @Test
    void isTheSameFileForTheSameEncoder() throws IOException {
        byte[] first = Files.readAllBytes(file);
        save();
        assertThat(file).hasBinaryContent(first);
    }

    @Test
    void refusesAFileThatIsNotThere() {
        Path missing = folder.resolve("missing.safetensors");
        assertThatThrownBy(() -> EncoderFile.load(missing, device)).isInstanceOf(UserError.class)
                .hasMessage("There is no encoder file " + missing + ".");
    }

    @Test
    void refusesAFileOfAnotherKind() throws IOException {
        Files.writeString(file, "this is a text file, of more than eight bytes");
        refused("Not an encoder file: " + file + ": the header is said to have ");
        new Safetensors(Map.of(), Map.of()).write(file);
        refused("The file " + file + " holds no encoder of this program.");
    }

    @Test
    void refusesAFileThatIsCutOff() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 5, 9, 1000, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused("Not an encoder file: " + file + ": ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder", "width", "stem", "image_size", "mean", "std", "data"})
    void refusesAFileThatLacksSomething(String key) throws IOException {
        change(key, null);
        refused("The encoder file " + file + " does not name its " + key + ".");
    }

    @ParameterizedTest
    @CsvSource({
        "width, many, is not valid", "width, 0, encoder.width must be", "width, 2, has shape",
                "encoder, vit, no encoder 'vit'",
        "encoder, resnet11, ResNet-11", "encoder, resnet18, has no tensor layer1.1.conv1.weight",
                "stem, huge, no stem 'huge'",
        "encoder, vit-huge, no encoder 'vit-huge'", "encoder, vit-tiny, The stem of a vision transformer is patch4",
        "image_size, big, is not valid", "mean, 0.1 0.2, three values", "mean, a b c, is not valid",
                "std, 1 1 0, must be > 0"})
    void refusesAFileWithAWrongValue(String key, String value, String sentence) throws IOException {
        change(key, value);
        assertThatThrownBy(() -> EncoderFile.load(file, device)).isInstanceOf(UserError.class).message()
                .contains(sentence).endsWith(".").doesNotContain("\n");
    }

    private void refused(String start) {
        assertThatThrownBy(() -> EncoderFile.load(file, device)).isInstanceOf(UserError.class).message()
                .startsWith(start).endsWith(".").doesNotContain("\n");
    }

    private void change(String key, String value) throws IOException {
        Safetensors content = Safetensors.read(file);
        Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
        if (value == null) metadata.remove(key);
        else metadata.put(key, value);
        new Safetensors(metadata, content.tensors()).write(file);
    }

    private Tensor images() {
        double[] values = new double[3 * 3 * 8 * 8];
        for (int i = 0; i < values.length; i++) values[i] = Math.sin(i);
        return device.tensor(Shape.of(3, 3, 8, 8), values);
    }
}
