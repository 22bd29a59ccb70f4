package invar.ssl.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/// Writes tiny data files for tests.
final class DataFiles {

    private DataFiles() {}

    static Path write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /// All but the last `missing` bytes.
    static byte[] cut(byte[] bytes, int missing) {
        return Arrays.copyOf(bytes, bytes.length - missing);
    }

    /// CIFAR-10 records: record i has label (first + i) mod 10, and pixel k is i + k mod 251.
    static byte[] cifar(int records, int first) {
        ByteBuffer bytes = ByteBuffer.allocate(records * 3073);
        for (int i = 0; i < records; i++) {
            bytes.put((byte) ((first + i) % 10));
            for (int k = 0; k < 3072; k++) bytes.put((byte) (i + k % 251));
        }
        return bytes.array();
    }

    /// IDX images: pixel k of image i is 10 i + k.
    static byte[] idxImages(int count, int rows, int columns) {
        ByteBuffer bytes = ByteBuffer.allocate(16 + count * rows * columns);
        bytes.putInt(0x803).putInt(count).putInt(rows).putInt(columns);
        for (int i = 0; i < count; i++) for (int k = 0; k < rows * columns; k++) bytes.put((byte) (10 * i + k));
        return bytes.array();
    }

    /// IDX labels 0, 1, 2, 0, 1, 2, …
    static byte[] idxLabels(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + count);
        bytes.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) bytes.put((byte) (i % 3));
        return bytes.array();
    }
}
