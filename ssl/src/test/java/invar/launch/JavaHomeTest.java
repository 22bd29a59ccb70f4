package invar.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaHomeTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"25, 25", "25.0.3, 25", "25-ea, 25", "26+35, 26", "17.0.15, 17", "1.8.0_402, 8", "100.1, 100", "'', 0",
        "next, 0", "99999999999, 9999999"})
    void readsTheFeatureNumber(String version, int feature) {
        assertThat(JavaHome.feature(version)).isEqualTo(feature);
    }

    @Test
    void knowsTheJavaThatRunsThis() {
        JavaHome home = JavaHome.at(new File(System.getProperty("java.home")));
        assertThat(home.feature()).isEqualTo(Runtime.version().feature());
        assertThat(home.suits()).isTrue();
        assertThat(new File(home.executable())).isFile();
    }

    @Test
    void aFolderWithoutJavaIsNone() throws IOException {
        assertThat(JavaHome.at(folder.resolve("missing").toFile())).isNull();
        assertThat(JavaHome.at(folder.toFile())).isNull();
    }

    @Test
    void aReleaseFileAloneIsNone() throws IOException {
        FakeJava.install(folder, "25.0.3", "java.base jdk.incubator.vector");
        assertThat(JavaHome.at(folder.toFile())).isNotNull();
        Files.delete(folder.resolve("bin/" + FakeJava.PROGRAM));
        assertThat(JavaHome.at(folder.toFile())).isNull();
    }

    @Test
    void aProgramWithoutAVersionIsNone() throws IOException {
        FakeJava.install(folder, "25.0.3", null);
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"someone\"\n");
        assertThat(JavaHome.at(folder.toFile())).isNull();
        Files.delete(folder.resolve("release"));
        assertThat(JavaHome.at(folder.toFile())).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "25.0.3, java.base jdk.incubator.vector jdk.net, true",
        "25.0.3, jdk.incubator.vector, true",
        "26-ea, java.base jdk.incubator.vector, true",
        "24.0.2, java.base jdk.incubator.vector, false",
        "25.0.3, java.base, false",
        "25.0.3, java.base jdk.incubator.vectors, false",
    })
    void suitsIfItIsNewEnoughAndHasTheModule(String version, String modules, boolean suits) throws IOException {
        FakeJava.install(folder, version, modules);
        assertThat(JavaHome.at(folder.toFile()).suits()).isEqualTo(suits);
    }

    @Test
    void withoutAListOfModulesThePackagedModulesCount() throws IOException {
        FakeJava.install(folder, "25", null);
        assertThat(JavaHome.at(folder.toFile()).suits()).isFalse();
        Files.createFile(Files.createDirectory(folder.resolve("jmods")).resolve("jdk.incubator.vector.jmod"));
        assertThat(JavaHome.at(folder.toFile()).suits()).isTrue();
    }
}
