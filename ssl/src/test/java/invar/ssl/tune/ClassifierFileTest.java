package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.io.Safetensors;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierFileTest {

    private static final TrainConfig CONFIG = new TrainConfig("simclr", Map.of("hidden", 5, "projection", 3), "photos",
            Networks.SIDE, "simclr", Networks.RESNET, new TrainConfig.Optimization("sgd", 0.1, 0.9, 0, false, 0), 4, 3,
            1);
    private static final Pretraining PRETRAINING = new Pretraining("runs/a", CONFIG, 9, 2, 6,
            new Normalize(List.of(0.1, 0.2, 0.3), List.of(0.4, 0.5, 0.6)));

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("classifier.safetensors");
    }

    private static TaskNetwork network(int layers) {
        Encoders.Encoder encoder = Encoders.make(Networks.RESNET, Networks.SIDE, Networks.DEVICE, 7);
        Init init = new Init(Networks.DEVICE, 7);
        SslMethod method = PRETRAINING.method(encoder.network(), encoder.features(), init);
        TaskNetwork network = TaskNetwork.of(init, method.encoder(), encoder.features(), PRETRAINING.head(method,
                layers), 3);
        network.classifier().weight().upload(new double[network.classifier().weight().size()]);
        Tensor bias = network.classifier().bias().orElseThrow();
        bias.upload(new double[] {0.5, -1, 2});
        network.apply(Networks.images(5, 1), Mode.TRAIN);                        // running statistics of its own
        return network;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void givesBackTheNetworkAndWhatItIs(int layers) throws IOException {
        TaskNetwork network = network(layers);
        ClassifierFile.About about = new ClassifierFile.About(PRETRAINING, layers, List.of("cat", "dog", "a b"),
                "photos");
        ClassifierFile.save(file(), network, about);
        ClassifierFile.Loaded loaded = ClassifierFile.load(file(), Networks.DEVICE);
        assertThat(loaded.about().classes()).containsExactly("cat", "dog", "a b");
        assertThat(loaded.about().headLayers()).isEqualTo(layers);
        assertThat(loaded.about().side()).isEqualTo(Networks.SIDE);
        assertThat(loaded.about().pretraining().normalize()).isEqualTo(PRETRAINING.normalize());
        assertThat(loaded.about().pretraining().run()).isEqualTo("runs/a");
        assertThat(Modules.state(loaded.network()).keySet()).isEqualTo(Modules.state(network).keySet());
        Tensor x = Networks.images(4, 8);
        assertThat(loaded.network().apply(x, Mode.EVAL).doubles()).isEqualTo(network.apply(x, Mode.EVAL).doubles());
    }

    @Test
    void refusesWhatIsNoClassifier() throws IOException {
        assertThatThrownBy(() -> ClassifierFile.load(file(), Networks.DEVICE)).isInstanceOf(UserError.class)
                .hasMessage("There is no classifier file " + file() + ".");
        new Safetensors(Map.of(), Map.of()).write(file());
        assertThatThrownBy(() -> ClassifierFile.load(file(), Networks.DEVICE)).isInstanceOf(UserError.class)
                .hasMessage("The file " + file() + " holds no classifier of this program.");
        ClassifierFile.save(file(), network(1), new ClassifierFile.About(PRETRAINING, 1, List.of("a", "b", "c"), "d"));
        byte[] whole = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(whole, whole.length - 1));
        assertThatThrownBy(() -> ClassifierFile.load(file(), Networks.DEVICE)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("Not a classifier file: " + file());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pretraining", "run", "images", "total_steps", "head_layers", "mean", "classes", "data"})
    void refusesAFileThatDoesNotSayWhatItNeeds(String missing) throws IOException {
        ClassifierFile.save(file(), network(0), new ClassifierFile.About(PRETRAINING, 0, List.of("a", "b", "c"), "d"));
        Safetensors content = Safetensors.read(file());
        Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
        assertThat(metadata.remove(missing)).isNotNull();
        new Safetensors(metadata, content.tensors()).write(file());
        assertThatThrownBy(() -> ClassifierFile.load(file(), Networks.DEVICE)).isInstanceOf(UserError.class)
                .hasMessage("The classifier file " + file() + " does not name its " + missing + ".");
    }

    @Test
    void refusesAnotherNumberOfClassesThanTheWeightsHave() throws IOException {
        ClassifierFile.save(file(), network(0), new ClassifierFile.About(PRETRAINING, 0, List.of("a", "b"), "d"));
        assertThatThrownBy(() -> ClassifierFile.load(file(), Networks.DEVICE)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("The classifier file " + file() + " is not valid: ")
                .hasMessageContaining("classifier.weight has shape");
    }
}
