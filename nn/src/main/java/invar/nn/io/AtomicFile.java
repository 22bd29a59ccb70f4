package invar.nn.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// Replaces a file as a whole or not at all.
///
/// The content goes to a temporary file in the same folder, is forced to the disk, and takes the final name by an
/// atomic rename: a crash, a full disk or a reader at the same time sees the old content or the new, never a mixture.
public final class AtomicFile {

    /// What fills the file.
    @FunctionalInterface
    public interface Content {
        /// Writes everything to `channel`, which the caller closes.
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    private AtomicFile() {}

    /// Writes these bytes to `file`; see [#write(Path,Content)].
    public static void write(Path file, byte[] bytes) throws IOException {
        write(file, channel -> {
            // A disk that is almost full takes a part, and refuses the next write.
            for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) channel.write(rest);
        });
    }

    /// Writes `content` to `file`.
    ///
    /// @throws IOException if it cannot be written, in one sentence; then `file` is what it was, and no temporary file
    ///                     is left
    public static void write(Path file, Content content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        // Not Files.createTempFile: its files can be read by their owner only, and the rename would keep that.
        Path temporary = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (var channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            remove(temporary, e);
            throw new IOException("cannot write " + file + ": " + reason(e), e);
        } catch (RuntimeException | Error e) {
            remove(temporary, e);
            throw e;
        }
        forceFolder(folder);
    }

    private static void remove(Path temporary, Throwable failure) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /// The message of a [FileSystemException] repeats its files; the reason alone is wanted, if there is one.
    private static String reason(IOException e) {
        if (e instanceof FileSystemException f) {
            return f.getReason() == null ? f.getClass().getSimpleName() + " " + f.getFile() : f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /// Makes the rename itself survive a power cut, where the system can open a folder; Windows cannot, and needs not.
    private static void forceFolder(Path folder) {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The new file is complete and in place: only its age after a power cut is uncertain.
        }
    }
}
