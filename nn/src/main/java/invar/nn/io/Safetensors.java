package invar.nn.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The content of a safetensors file: named tensors and a map of strings.
///
/// The [format](https://github.com/huggingface/safetensors#format) is
/// ```
/// u64        n, the length of the header in bytes, little-endian; at most 100 MB
/// n bytes    JSON: {"__metadata__": {key: text}, name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
/// the rest   the elements of all tensors, row-major and little-endian, at offsets counted from the end of the header
/// ```
/// The tensors cover the data without gaps or overlaps. No code runs when such a file is read, unlike a pickle.
///
/// @param metadata free text by key, in the order of the file
/// @param tensors  tensors by name, in the order of the header; also the order in which their data is written
public record Safetensors(Map<String, String> metadata, Map<String, StoredTensor> tensors) {

    /// The header's key for the metadata; no tensor may have this name.
    static final String METADATA = "__metadata__";

    private static final int CHUNK = 1 << 20;                 // bytes moved at once

    /// @throws IllegalArgumentException if a tensor is called `__metadata__`
    public Safetensors {
        if (tensors.containsKey(METADATA)) {
            throw new IllegalArgumentException("no tensor may be called " + METADATA + ", a name the format reserves");
        }
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /// The tensor called `name`.
    ///
    /// @throws IllegalArgumentException if there is none
    public StoredTensor tensor(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("there is no tensor " + name + " among " + tensors.keySet());
        }
        return tensor;
    }

    /// Reads all of `file` into memory outside the heap.
    ///
    /// @throws SafetensorsException if the file breaks a rule of the format; no memory is taken for data before the
    ///                              header has been found to be right
    /// @throws IOException          if it cannot be read
    public static Safetensors read(Path file) throws IOException {
        if (Files.isDirectory(file)) throw new SafetensorsException(file, "this is a folder, not a safetensors file");
        try (FileChannel channel = FileChannel.open(file)) {
            long length = channel.size();
            if (length < 8) {
                throw new SafetensorsException(file, "the file has " + length + " bytes, but must have at least 8");
            }
            ByteBuffer start = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            readFully(channel, start);
            long headerLength = start.getLong(0);
            if (headerLength < 0 || headerLength > SafetensorsHeader.LIMIT) {
                throw new SafetensorsException(file, "the header is said to have %s bytes, but at most %d are allowed"
                        .formatted(Long.toUnsignedString(headerLength), SafetensorsHeader.LIMIT));
            }
            if (headerLength > length - 8) {
                throw new SafetensorsException(file, "the file is truncated: its header should have " + headerLength
                        + " bytes, but only " + (length - 8) + " follow");
            }
            ByteBuffer json = ByteBuffer.allocate((int) headerLength);
            readFully(channel, json);
            SafetensorsHeader header = SafetensorsHeader.parse(file, json.flip(), length - 8 - headerLength);
            return header.withData(readData(channel, length - 8 - headerLength));
        }
    }

    /// Writes everything to `file`, replacing it as a whole or not at all; see [AtomicFile#write].
    ///
    /// @throws IOException if it cannot be written; then the old file is untouched
    public void write(Path file) throws IOException {
        AtomicFile.write(file, this::writeTo);
    }

    /// Writes everything to `channel`: metadata first, then the tensors in their order.
    void writeTo(WritableByteChannel channel) throws IOException {
        byte[] header = SafetensorsHeader.format(this);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        writeFully(channel, chunk.putLong(header.length).flip());
        writeFully(channel, ByteBuffer.wrap(header));
        MemorySegment staging = MemorySegment.ofBuffer(chunk.clear());
        for (StoredTensor tensor : tensors.values()) {
            long size = tensor.data().byteSize();
            for (long offset = 0; offset < size; offset += CHUNK) {
                int count = (int) Math.min(CHUNK, size - offset);
                MemorySegment.copy(tensor.data(), JAVA_BYTE, offset, staging, JAVA_BYTE, 0, count);
                writeFully(channel, chunk.clear().limit(count));
            }
        }
    }

    private static MemorySegment readData(FileChannel channel, long length) throws IOException {
        MemorySegment data = Arena.ofAuto().allocate(length);
        for (long offset = 0; offset < length; offset += CHUNK) {
            readFully(channel, data.asSlice(offset, Math.min(CHUNK, length - offset)).asByteBuffer());
        }
        return data;
    }

    private static void readFully(FileChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) throw new EOFException("the file became shorter while it was read");
        }
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer from) throws IOException {
        while (from.hasRemaining()) channel.write(from);
    }
}
