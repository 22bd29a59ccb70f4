package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import invar.ssl.method.SimClr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {

    @TempDir
    Path folder;

    @Test
    void takesThePresetsOfTheDataAndTheDefaultsOfTheMethod() {
        TrainConfig emoji = resolve(), shapes = resolve("data", "shapes");
        assertThat(emoji.data()).isEqualTo("emoji32");
        assertThat(emoji.augment()).isEqualTo(Presets.forData("emoji32").augment());
        assertThat(emoji.settings().keySet()).containsExactly("hidden", "projection", "temperature");
        assertThat(shapes.data()).isEqualTo("shapes");
        assertThat(shapes.augment()).isEqualTo("simclr-shapes");
        assertThat(resolve("data", "photos").augment()).isEqualTo("simclr");
        assertThat(shapes.optimization()).isEqualTo(Presets.forData("shapes").optimization());
        Presets.forData("shapes").settings().forEach((name, value) -> assertThat(shapes.settings())
                .containsEntry(name, value));
    }

    @Test
    void readsBackWhatItWrote() throws IOException {
        for (TrainConfig config : new TrainConfig[] {
            resolve(), resolve("data", "C:\\photos: \"big\" # and small", "seed", "-9223372036854775808"),
            resolve("optimization.weightDecay", "1e-6", "temperature", "1", "nesterov", "true", "data", "yes")}) {
            Path file = folder.resolve("config.yaml");
            ConfigFile.save(config, file);
            assertThat(ConfigFile.load(file)).isEqualTo(config);
            assertThat(ConfigFile.resolve(file, Map.of())).isEqualTo(config);
            assertThat(ConfigFile.difference(Files.readString(file), "it", config)).isEmpty();
        }
    }

    @Test
    void laysChangesOverAFileOverThePresets() throws IOException {
        Path file = yaml("data: shapes\nbatch: 7\noptimization:\n  lr: 0.25\nsettings:\n  hidden: 11");
        TrainConfig config = ConfigFile.resolve(file, Map.of("batch", "9", "projection", "13"));
        TrainConfig preset = Presets.forData("shapes");
        assertThat(config.data()).isEqualTo("shapes");
        assertThat(config.batch()).isEqualTo(9);
        assertThat(config.optimization().lr()).isEqualTo(0.25);
        assertThat(config.optimization().momentum()).isEqualTo(preset.optimization().momentum());
        assertThat(config.epochs()).isEqualTo(preset.epochs());
        assertThat(config.settings()).containsEntry("hidden", 11).containsEntry("projection", 13);
        assertThat(ConfigFile.settings(config)).isInstanceOfSatisfying(SimClr.Config.class, settings -> {
            assertThat(settings.hidden()).isEqualTo(11);
            assertThat(settings.projection()).isEqualTo(13);
        });
    }

    @Test
    void prefersNamedDataToThatOfAFile() throws IOException {
        assertThat(ConfigFile.resolve(yaml("data: shapes"), Map.of("data", "emoji32")).data()).isEqualTo("emoji32");
    }

    @ParameterizedTest
    @CsvSource({"lr, 0.5", "optimization.lr, 5e-1", "lr, .5"})
    void findsASettingByItsPathOrItsLastPart(String name, String text) {
        assertThat(resolve(name, text).optimization().lr()).isEqualTo(0.5);
    }

    @Test
    void takesATextAsItIs() {
        for (String data : new String[] {"a: b", "[x", "null", "5", "no", "photos #3", "'quoted'", "@x"}) {
            assertThat(resolve("data", data).data()).isEqualTo(data);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "x | 1 | There is no setting 'x'; there are method, settings.hidden, settings.projection, ",
        "optimization.x | 1 | There is no setting 'optimization.x'; there are ",
        "settings.x | 1 | The method simclr has no setting 'x'; it has hidden, ",
        "batch.x | 1 | There is no setting 'batch.x'; there are ",
        ". | 1 | There is no setting '.'; there are ",
        "lr | `` | The setting lr must have a value.",
        "lr | [1 | The value '[1' of the setting lr is not YAML: ",
        "lr | abc | Wrong settings: optimization.lr must be a number but is 'abc'.",
        "lr | -1 | Wrong settings: optimization.lr must be a number > 0 but is -1.0.",
        "lr | NaN | Wrong settings: optimization.lr must be a number > 0 but is NaN.",
        "lr | .inf | Wrong settings: optimization.lr must be a number > 0 but is ",
        "momentum | 1 | Wrong settings: optimization.momentum must be in [0, 1) but is 1.0.",
        "weightDecay | -1 | Wrong settings: optimization.weightDecay must be a number of at least 0 but is -1.0.",
        "warmupEpochs | 1000 | Wrong settings: optimization.warmupEpochs must be between 0 and all ",
        "nesterov | perhaps | Wrong settings: optimization.nesterov must be true or false but is 'perhaps'.",
        "batch | 1 | Wrong settings: batch must be at least 2 but is 1.",
        "batch | 2.5 | Wrong settings: batch must be a whole number but is 2.5.",
        "batch | 99999999999 | Wrong settings: batch",
        "batch | [4] | Wrong settings: batch must be a whole number but is [4].",
        "epochs | 0 | Wrong settings: epochs must be at least 1 but is 0.",
        "seed | null | Wrong settings: seed must have a value, a whole number.",
        "imageSize | 7 | Wrong settings: imageSize must be 8 to 1024 pixels but is 7.",
        "encoder | 7 | Wrong settings: encoder must be a group of settings but is 7.",
        "width | 0 | Wrong settings: encoder.width must be 1 to 1024 but is 0.",
        "temperature | 0 | Wrong settings of simclr: temperature must be a number > 0 but is 0.0.",
        "hidden | many | Wrong settings of simclr: hidden must be a whole number but is 'many'.",
        "method | foo | There is no method 'foo'; there are "})
    void refusesAChangeInOneSentence(String name, String text, String sentence) {
        assertThatThrownBy(() -> resolve(name, text)).isInstanceOf(UserError.class).message()
                .startsWith(sentence).endsWith(".").doesNotContain("\n", "java.", "invar.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`` | must hold names and values",
        "just text | must hold names and values",
        "[1, 2] | must hold names and values",
        "a: [ | Not YAML: the settings file",
        "lr: 0.1 | has an unknown setting 'lr'; there are method, settings, data,",
        "optimization: {speed: 1} | has an unknown setting 'optimization.speed'; there are optimizer, lr,",
        "settings: {speed: 1} | has an unknown setting 'settings.speed'; there are hidden, projection, temperature.",
        "optimization: 3 | optimization must be a group of settings but is 3",
        "data: | data must have a value",
        "encoder: {name: } | encoder.name must have a value",
        "method: vicreg2 | There is no method 'vicreg2'",
        "batch: {} | batch must be a whole number but is {}"})
    void refusesAFileInOneSentence(String text, String sentence) throws IOException {
        Path file = yaml(text);
        assertThatThrownBy(() -> ConfigFile.resolve(file, Map.of())).isInstanceOf(UserError.class).message()
                .contains(sentence).endsWith(".").doesNotContain("\n", "java.", "invar.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch", "seed", "encoder", "augment", "optimization"})
    void refusesAStoredConfigWithoutASetting(String missing) throws IOException {
        Path file = folder.resolve("config.yaml");
        ConfigFile.save(resolve(), file);
        String text = Files.readString(file).replaceAll("(?m)^" + missing + ":.*\n(  .*\n)*", "");
        Files.writeString(file, text);
        assertThatThrownBy(() -> ConfigFile.load(file)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("Wrong settings of " + file + ": " + missing);
    }

    @Test
    void refusesAFileThatIsNotThere() {
        Path file = folder.resolve("none.yaml");
        assertThatThrownBy(() -> ConfigFile.load(file)).isInstanceOf(UserError.class)
                .hasMessage("There is no settings file " + file + ".");
        assertThatThrownBy(() -> ConfigFile.load(folder)).isInstanceOf(UserError.class)
                .hasMessage("There is no settings file " + folder + ".");
    }

    @Test
    void namesTheFirstDifference() {
        assertThat(ConfigFile.difference(ConfigFile.text(resolve()), "it", resolve("lr", "0.125"))).get().asString()
                .isEqualTo("optimization.lr is " + resolve().optimization().lr() + ", not 0.125");
        assertThat(ConfigFile.difference("batch: 3", "it", resolve())).contains("method is not given");
    }

    private Path yaml(String text) throws IOException {
        return Files.writeString(folder.resolve("given.yaml"), text);
    }

    /// With names and values in turn.
    private static TrainConfig resolve(String... changes) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < changes.length; i += 2) map.put(changes[i], changes[i + 1]);
        return ConfigFile.resolve(null, map);
    }
}
