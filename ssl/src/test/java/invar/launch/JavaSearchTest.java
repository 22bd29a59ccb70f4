package invar.launch;

import static invar.launch.FakeJava.VECTOR;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaSearchTest {

    @TempDir
    Path folder;

    @Test
    void looksInTheOrderItPromises() throws IOException {
        Path running = FakeJava.install(folder.resolve("running"), "25", VECTOR);
        Path javaHome = FakeJava.install(folder.resolve("java-home"), "25", VECTOR);
        Path jdkHome = FakeJava.install(folder.resolve("jdk-home"), "25", VECTOR);
        Path first = FakeJava.install(folder.resolve("first"), "25", VECTOR);
        Path second = FakeJava.install(folder.resolve("second"), "25", VECTOR);
        Path system = FakeJava.install(folder.resolve("usr/jdk"), "25", VECTOR);
        Path user = FakeJava.install(folder.resolve("home/jdk"), "25", VECTOR);
        Map<String, String> environment = Map.of("JAVA_HOME", javaHome.toString(), "JDK_HOME", jdkHome.toString(),
                "PATH", path(folder.resolve("nothing"), first.resolve("bin"), second.resolve("bin")));
        JavaSearch search = new JavaSearch(running.toFile(), environment,
                List.of(folder.resolve("nothing").toFile(), system.getParent().toFile(), user.getParent().toFile()));
        for (Path expected : List.of(running, javaHome, jdkHome, first, second, system, user)) {
            assertThat(search.find().folder.getCanonicalFile()).isEqualTo(expected.toFile().getCanonicalFile());
            Files.delete(expected.resolve("release"));
        }
        assertThat(search.find()).isNull();
    }

    @Test
    void passesByWhatDoesNotSuit() throws IOException {
        Path old = FakeJava.install(folder.resolve("old"), "17.0.15", VECTOR);
        Path bare = FakeJava.install(folder.resolve("bare"), "26", "java.base");
        Path good = FakeJava.install(folder.resolve("jvm/good"), "25.0.3", VECTOR);
        var search = new JavaSearch(old.toFile(), Map.of("JAVA_HOME", bare.toString(), "JDK_HOME", "", "PATH", ""),
                List.of(good.getParent().toFile()));
        assertThat(search.find().folder).isEqualTo(good.toFile());
    }

    @Test
    void takesTheLowestThatSuitsOfOneFolder() throws IOException {
        FakeJava.install(folder.resolve("a-27"), "27", VECTOR);
        FakeJava.install(folder.resolve("b-25"), "25.0.1", VECTOR);
        FakeJava.install(folder.resolve("c-26"), "26", VECTOR);
        FakeJava.install(folder.resolve("d-21"), "21", VECTOR);
        assertThat(empty(folder.toFile()).find().folder.getName()).isEqualTo("b-25");
    }

    @Test
    void followsTheLinksOfPath() throws IOException {
        Path home = FakeJava.install(folder.resolve("jdk"), "25", VECTOR);
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Path middle = Files.createSymbolicLink(folder.resolve("middle"), home.resolve("bin").resolve(FakeJava.PROGRAM));
        Files.createSymbolicLink(bin.resolve(FakeJava.PROGRAM), middle);
        var search = new JavaSearch(folder.toFile(), Map.of("PATH", path(bin)), List.of());
        assertThat(search.find().folder).isEqualTo(home.toFile().getCanonicalFile());
    }

    @Test
    void findsTheNestedHomesOfMacOs() throws IOException {
        FakeJava.install(folder.resolve("temurin-25.jdk/Contents/Home"), "25", VECTOR);
        assertThat(empty(folder.toFile()).find().folder.getPath()).endsWith("Home");
    }

    @Test
    void namesTheFoldersOfEverySystem() {
        Map<String, String> windows = new HashMap<>(Map.of("ProgramFiles", "P", "LOCALAPPDATA", "L"));
        File home = new File("home");
        assertThat(JavaSearch.usualParents("Linux", home, Map.of()))
                .contains(new File("/usr/lib/jvm"), new File("/opt"), new File(home, ".sdkman/candidates/java"),
                        new File(home, ".jdks"));
        assertThat(JavaSearch.usualParents("Mac OS X", home, Map.of()))
                .contains(new File("/Library/Java/JavaVirtualMachines"), new File(home, ".jdks"));
        assertThat(JavaSearch.usualParents("Windows 11", home, windows))
                .contains(new File("P", "Eclipse Adoptium"), new File("L", "Programs/Eclipse Adoptium"),
                        new File(home, ".jdks"));
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        JavaSearch none = empty();
        assertThat(none.find()).isNull();
        assertThat(none.complaint()).isEqualTo("Java 25 or newer with the module jdk.incubator.vector is needed, but "
                + "no Java was found; install a JDK 25 or set JAVA_HOME to one.");

        FakeJava.install(folder.resolve("jvm/old"), "17.0.15", VECTOR);
        JavaSearch old = empty(folder.resolve("jvm").toFile());
        assertThat(old.find()).isNull();
        assertThat(old.complaint()).contains("the newest found is Java 17.0.15 in " + folder.resolve("jvm/old"));

        FakeJava.install(folder.resolve("jvm/bare"), "25.0.3", "java.base");
        JavaSearch bare = empty(folder.resolve("jvm").toFile());
        assertThat(bare.find()).isNull();
        assertThat(bare.complaint())
                .contains("Java 25.0.3 in " + folder.resolve("jvm/bare") + " comes without that module");
    }

    private JavaSearch empty(File... parents) {
        return new JavaSearch(folder.resolve("nothing").toFile(), Map.of(), List.of(parents));
    }

    private static String path(Path... folders) {
        return String.join(File.pathSeparator, List.of(folders).stream().map(Path::toString).toList());
    }
}
