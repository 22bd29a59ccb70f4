package invar.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {

    private static final Safetensors CONTENT =
            new Safetensors(Map.of(), Map.of("x", StoredTensor.of(new double[400_000], 400_000)));       // 3.2 MB

    @TempDir
    Path folder;

    @Test
    void replacesAnOldFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "old");
        AtomicFile.write(file, channel -> channel.write(bytes("new")));
        assertThat(file).hasContent("new");
        assertThat(files()).containsExactly(file);
    }

    @Test
    void showsTheOldContentUntilTheNewOneIsComplete() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "old");
        AtomicFile.write(file, channel -> {
            channel.write(bytes("ne"));
            assertThat(file).hasContent("old");
            channel.write(bytes("w"));
        });
        assertThat(file).hasContent("new");
    }

    @Test
    void writesIntoTheWorkingFolderToo() throws IOException {
        Path file = Path.of("atomic-file-test-" + ProcessHandle.current().pid() + ".txt");        // has no parent
        try {
            AtomicFile.write(file, channel -> channel.write(bytes("x")));
            assertThat(file).hasContent("x");
        } finally {
            Files.delete(file);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8, 100, 1 << 20, 3_000_000})
    void aFullDiskLeavesTheOldFileAndNothingElse(int free) throws IOException {
        Path file = Files.writeString(folder.resolve("last.safetensors"), "old");
        assertThatIOException()
                .isThrownBy(() -> AtomicFile.write(file, channel -> CONTENT.writeTo(new FullDisk(channel, free))))
                .withMessage("cannot write " + file + ": No space left on device");
        assertThat(file).hasContent("old");
        assertThat(files()).containsExactly(file);
    }

    @Test
    void aFailureOfTheContentIsPassedOnAndLeavesNothing() throws IOException {
        Path file = folder.resolve("a.txt");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
            channel.write(bytes("half"));
            throw new IllegalStateException("stop");
        })).isInstanceOf(IllegalStateException.class).hasMessage("stop");
        assertThat(files()).isEmpty();
    }

    @Test
    void saysWhichFolderIsMissing() {
        Path file = folder.resolve("missing").resolve("a.txt");
        assertThatIOException().isThrownBy(() -> AtomicFile.write(file, channel -> {}))
                .withMessageStartingWith("cannot write " + file + ": ");
    }

    @Test
    void doesNotReplaceAFolder() throws IOException {
        Path file = Files.createDirectory(folder.resolve("a"));
        Files.writeString(file.resolve("inside"), "kept");
        assertThatIOException().isThrownBy(() -> AtomicFile.write(file, channel -> channel.write(bytes("x"))))
                .withMessageStartingWith("cannot write " + file + ": ");
        assertThat(file.resolve("inside")).hasContent("kept");
        assertThat(files()).containsExactly(file);
    }

    private List<Path> files() throws IOException {
        try (var list = Files.list(folder)) {
            return list.toList();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Takes `free` more bytes, the last of them as a short write, then fails as a full disk does.
    private static final class FullDisk implements WritableByteChannel {

        private final WritableByteChannel disk;
        private int free;

        FullDisk(WritableByteChannel disk, int free) {
            this.disk = disk;
            this.free = free;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            if (free == 0) throw new IOException("No space left on device");
            int count = Math.min(free, from.remaining());
            int written = disk.write(from.slice(from.position(), count));
            from.position(from.position() + written);
            free -= written;
            return written;
        }

        @Override
        public boolean isOpen() {
            return disk.isOpen();
        }

        @Override
        public void close() throws IOException {
            disk.close();
        }
    }
}
