package invar.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/// Whether a library's file has all the bytes that the system's loader will map. Beyond the end of the file there is
/// memory that ends the process when it is read; the loader does not look.
final class ElfSize {

    private static final int HEADER = 64, PROGRAM_HEADER = 56, LOAD = 1;
    private static final int ELF_64_LITTLE_ENDIAN = 0x464C457F;

    private ElfSize() {}

    /// True if the file is a library of 64 bits of which a segment, or their list, does not end within it. What is no
    /// such library at all is left to the loader, which says so.
    static boolean isCutOff(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer header = read(channel, 0, HEADER);
            if (header.limit() < HEADER || header.getInt(0) != ELF_64_LITTLE_ENDIAN || header.get(4) != 2) return false;
            long at = header.getLong(32);                                                    // e_phoff
            int each = Short.toUnsignedInt(header.getShort(54)), count = Short.toUnsignedInt(header.getShort(56));
            if (each < PROGRAM_HEADER || at < 0 || at > channel.size()) return true;
            ByteBuffer segments = read(channel, at, each * count);
            if (segments.limit() < each * count) return true;
            for (int i = 0; i < count; i++) {
                if (segments.getInt(i * each) != LOAD) continue;
                long offset = segments.getLong(i * each + 8), size = segments.getLong(i * each + 32);
                if (offset < 0 || size < 0 || offset > channel.size() - size) return true;
            }
            return false;
        }
    }

    private static ByteBuffer read(FileChannel channel, long at, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0) { }
        return buffer.flip();
    }
}
