package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {

    @TempDir
    Path folder;

    @Test
    void isMadeWithAllFoldersAbove() {
        RunFolder run = RunFolder.create(folder.resolve("a/b"), false);
        assertThat(run.checkpoint().getParent()).isEmptyDirectory();
        assertThat(run.root()).isEqualTo(folder.resolve("a/b"));
    }

    @Test
    void mayBeAnEmptyFolder() throws IOException {
        RunFolder.check(Files.createDirectory(folder.resolve("a")), false);
        assertThat(RunFolder.create(folder.resolve("a"), false).checkpoint().getParent()).isEmptyDirectory();
    }

    @Test
    void isNotAFolderWithSomethingInIt() throws IOException {
        Path root = Files.createDirectory(folder.resolve("a"));
        Files.writeString(root.resolve("thesis.txt"), "years of work");
        for (Runnable make : List.<Runnable>of(() -> RunFolder.check(root, false), () ->
                RunFolder.create(root, false))) {
            assertThatThrownBy(make::run).isInstanceOf(UserError.class).hasMessage("The run folder " + root
                    + " is not empty: choose another with --out, continue it with --resume " + root
                    + ", or replace it with --overwrite.");
        }
        assertThat(root).isDirectoryNotContaining("glob:**checkpoints");
    }

    @Test
    void replacesARunAndNothingElse() throws IOException {
        RunFolder run = RunFolder.create(folder.resolve("a"), false);
        for (Path file : files(run)) Files.writeString(file, "old");
        Files.writeString(run.root().resolve("notes.txt"), "mine");
        RunFolder.check(run.root(), true);
        assertThat(files(run)).allMatch(Files::exists);
        assertThat(RunFolder.create(run.root(), true)).isEqualTo(run);
        assertThat(files(run)).noneMatch(Files::exists);
        assertThat(run.root().resolve("notes.txt")).hasContent("mine");
    }

    private static List<Path> files(RunFolder run) {
        return List.of(run.config(), run.data(), run.environment(), run.metricsCsv(), run.metricsJson(), run.log(),
                run.checkpoint(), run.encoder());
    }

    @Test
    void isNotAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "text");
        for (boolean overwrite : new boolean[] {false, true}) {
            assertThatThrownBy(() -> RunFolder.create(file, overwrite)).isInstanceOf(UserError.class)
                    .hasMessage("The run folder " + file + " is a file.");
        }
        assertThatThrownBy(() -> RunFolder.create(file.resolve("b"), false)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("The run folder " + file.resolve("b") + " cannot be made: ")
                .hasMessageEndingWith(".");
        assertThat(file).hasContent("text");
    }

    @Test
    void saysThatAFileIsWhereAFolderShouldBe() throws IOException {
        Path root = Files.createDirectory(folder.resolve("a"));
        Path checkpoints = Files.writeString(root.resolve("checkpoints"), "text");
        Files.writeString(root.resolve("train.log"), "old");
        assertThatThrownBy(() -> RunFolder.create(root, true)).isInstanceOf(UserError.class)
                .hasMessage("The run folder " + root + " cannot be made: " + checkpoints + " is a file.");
        assertThat(root.resolve("train.log")).hasContent("old");
    }

    @Test
    void isFoundAgainByItsConfig() throws IOException {
        Path root = folder.resolve("a");
        assertThatThrownBy(() -> RunFolder.existing(root)).isInstanceOf(UserError.class)
                .hasMessage("There is no run folder " + root + ".");
        RunFolder run = RunFolder.create(root, false);
        assertThatThrownBy(() -> RunFolder.existing(root)).isInstanceOf(UserError.class)
                .hasMessage("The folder " + root + " holds no run: it has no config.yaml.");
        Files.writeString(run.config(), "batch: 3");
        assertThat(RunFolder.existing(root)).isEqualTo(run);
    }
}
