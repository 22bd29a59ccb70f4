package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Philox;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import jcuda.JCudaVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The names in JCuda's native libraries are changed, nothing else is, and no input whatever does worse than be
/// refused.
class ElfRebindTest {

    private static final String CUBLAS = "/lib/libJCublas2-12.6.0-linux-x86_64.so";
    private static final String CUDNN = "/lib/libJCudnn-11.7.0-linux-x86_64.so";

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = JCudaVersion.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        }
    }

    /// A small library that needs `libcudnn.so.8`, and of it the version of that name:
    /// headers, dynamic section at 256, versions needed at 512, strings at 640.
    private static ByteBuffer small() {
        ByteBuffer b = ByteBuffer.allocate(768).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1).putShort(16, (short) 3)
                .putShort(18, (short) 62).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
        segment(b, 64, 1, 0, 0x1000, 768);
        segment(b, 120, 2, 256, 0x1100, 256);
        byte[] strings = "\0libc.so.6\0libcudnn.so.8\0GLIBC_2.4\0me.so\0".getBytes(StandardCharsets.ISO_8859_1);
        b.put(640, strings);
        long[] dynamic = {1, 1, 1, 11, 14, 35, 5, 0x1000 + 640, 10, strings.length, 0x6ffffffeL, 0x1000 + 512,
            0x6fffffffL, 2, 0, 0};
        for (int i = 0; i < dynamic.length; i++) b.putLong(256 + 8 * i, dynamic[i]);
        version(b, 512, 1, 25, ElfRebind.hash("GLIBC_2.4"), 32);
        version(b, 544, 11, 11, ElfRebind.hash("libcudnn.so.8"), 0);
        return b;
    }

    private static void segment(ByteBuffer b, int at, int type, long offset, long address, long size) {
        b.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, address).putLong(at + 32, size)
                .putLong(at + 40, size);
    }

    private static void version(ByteBuffer b, int at, int file, int name, int hash, int next) {
        b.putShort(at, (short) 1).putShort(at + 2, (short) 1).putInt(at + 4, file).putInt(at + 8, 16)
                .putInt(at + 12, next).putInt(at + 16, hash).putInt(at + 24, name);
    }

    private static byte[] rebound(ByteBuffer library) throws ElfRebind.Refusal {
        return ElfRebind.rebind(library.array(), "libcudnn.so.8", "libcudnn.so.9");
    }

    /// The values that `readelf -V` shows as hashes, from glibc.
    @Test
    void hashesNamesAsTheLoaderDoes() {
        assertThat(ElfRebind.hash("GLIBC_2.2.5")).isEqualTo(0x09691a75);
        assertThat(ElfRebind.hash("GLIBC_2.4")).isEqualTo(0x0d696914);
        assertThat(ElfRebind.hash("GLIBC_2.14")).isEqualTo(0x06969194);
    }

    @Test
    void changesTwoBytesForTheTwoPlacesOfAName() throws Exception {
        byte[] cublas = resource(CUBLAS), cudnn = resource(CUDNN);
        assertThat(differences(cublas, ElfRebind.rebind(cublas, "libcublas.so.12", "libcublas.so.13"))).isEqualTo(2);
        assertThat(differences(cudnn, ElfRebind.rebind(cudnn, "libcudnn.so.8", "libcudnn.so.9"))).isEqualTo(2);
        assertThat(differences(small().array(), rebound(small()))).isEqualTo(2);
        assertThat(new String(rebound(small()), 651, 13, StandardCharsets.ISO_8859_1)).isEqualTo("libcudnn.so.9");
    }

    @Test
    void goesBackToWhatItWas() throws Exception {
        byte[] cudnn = resource(CUDNN);
        byte[] there = ElfRebind.rebind(cudnn, "libcudnn.so.8", "libcudnn.so.9");
        assertThat(ElfRebind.rebind(there, "libcudnn.so.9", "libcudnn.so.8")).isEqualTo(cudnn);
    }

    private static int differences(byte[] a, byte[] b) {
        assertThat(b).hasSameSizeAs(a);
        int count = 0;
        for (int i = 0; i < a.length; i++) count += a[i] != b[i] ? 1 : 0;
        return count;
    }

    /// Each row: where, how many bytes, what is written there, and what is said of it.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0    | 1 | 0    | the library is not ELF",
        "4    | 1 | 1    | the library is not a shared object for x86-64",
        "5    | 1 | 2    | the library is not a shared object for x86-64",
        "16   | 2 | 2    | the library is not a shared object for x86-64",
        "18   | 2 | 183  | the library is not a shared object for x86-64",
        "32   | 8 | 700  | the library is cut off, or points outside of itself",
        "32   | 8 | -1   | the library is cut off, or points outside of itself",
        "54   | 2 | 32   | the library has unusual program headers",
        "56   | 2 | 1    | the library has no dynamic section",
        "56   | 2 | 999  | the library has unusual program headers",
        "64   | 4 | 2    | the library has two dynamic sections",
        "96   | 8 | 769  | the library is cut off, or points outside of itself",
        "104  | 8 | 9    | the library has an impossible segment",
        "128  | 8 | 264  | the dynamic section is not where it is loaded from",
        "272  | 8 | 3    | the library does not need libcudnn.so.8",
        "304  | 8 | 99   | the library has no string table",
        "304  | 8 | 14   | a name lies outside of the library",
        "312  | 8 | 7    | the library is cut off, or points outside of itself",
        "320  | 8 | 0x6ffffffc | the library defines versions of its own",
        "328  | 8 | 30   | a name lies outside of the string table",
        "336  | 8 | 10   | the dynamic section contradicts itself",
        "352  | 8 | 99   | the library needs no versions",
        "360  | 8 | 99999 | the library needs too many versions",
        "368  | 8 | 77   | the dynamic section has no end",
        "296  | 8 | 12   | another name of the library is a part of libcudnn.so.8",
        "512  | 2 | 2    | the library's list of versions has an unknown form",
        "524  | 4 | 0    | the library does not need one version of libcudnn.so.8",
        "560  | 4 | 7    | the library needs another version of libcudnn.so.8",
        "568  | 4 | 25   | the library needs another version of libcudnn.so.8",
        "536  | 4 | 11   | another name of the library is a part of libcudnn.so.8",
        "546  | 2 | 2    | the library needs too many versions",
        "650  | 1 | 65   | libcudnn.so.8 is the end of another name of the library",
        "664  | 1 | 65   | the library does not need libcudnn.so.8"})
    void refusesWhatItDoesNotUnderstand(int at, int bytes, String value, String why) {
        ByteBuffer library = small();
        long number = Long.decode(value.strip());
        switch (bytes) {
            case 1 -> library.put(at, (byte) number);
            case 2 -> library.putShort(at, (short) number);
            case 4 -> library.putInt(at, (int) number);
            default -> library.putLong(at, number);
        }
        if (at == 368) Arrays.fill(library.array(), 368, 512, (byte) 77);
        assertThatThrownBy(() -> rebound(library)).isInstanceOf(ElfRebind.Refusal.class).hasMessage(why);
    }

    @Test
    void refusesNamesOfAnotherLengthAndHugeFiles() {
        assertThatThrownBy(() -> ElfRebind.rebind(small().array(), "libcudnn.so.8", "libcudnn.so.10"))
                .hasMessage("the names libcudnn.so.8 and libcudnn.so.10 are not of one length");
        assertThatThrownBy(() -> ElfRebind.rebind(new byte[(64 << 20) + 1], "libcudnn.so.8", "libcudnn.so.9"))
                .hasMessage("the library is larger than 64 MiB");
    }

    @Test
    void everyTruncationIsRefused() throws Exception {
        byte[] whole = small().array();
        for (int length = 0; length < 640 + 42; length++) assertRefused(Arrays.copyOf(whole, length));
        byte[] cudnn = resource(CUDNN);
        for (int i = 0; i < 64; i++) assertRefused(Arrays.copyOf(cudnn, (int) ((long) cudnn.length * i / 80)));
    }

    private static void assertRefused(byte[] library) {
        assertThatThrownBy(() -> ElfRebind.rebind(library, "libcudnn.so.8", "libcudnn.so.9"))
                .isInstanceOf(ElfRebind.Refusal.class);
    }

    /// Bytes, and whole numbers, set to anything: most of all where the parser looks. What is accepted differs in the
    /// name and the hash alone.
    @Test
    void anyDamageIsRefusedOrHarmless() throws Exception {
        byte[] whole = small().array(), cudnn = resource(CUDNN);
        int accepted = 0;
        long began = System.nanoTime();
        for (int i = 0; i < 60_000; i++) {
            boolean real = i % 100 == 0;
            byte[] damaged = (real ? cudnn : whole).clone();
            Philox random = new Philox(20260, i);
            int[] looked = real ? new int[] {0, 512, 0x3fc08, 0x200, 0xd258, 0xb0, 0x52a0, 0x7a16} : new int[] {0, 768};
            for (int j = 0; j < 1 + random.nextInt(4); j++) damage(damaged, looked, random);
            try {
                byte[] result = ElfRebind.rebind(damaged, "libcudnn.so.8", "libcudnn.so.9");
                assertThat(differences(damaged, result)).isBetween(2, 4);
                accepted++;
            } catch (ElfRebind.Refusal e) {
                assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            }
        }
        assertThat(accepted).isBetween(1000, 55_000);                        // or one of the two ways is not tried
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
    }

    private static void damage(byte[] library, int[] looked, Philox random) {
        int part = 2 * random.nextInt(looked.length / 2);
        int at = looked[part] + random.nextInt(looked[part + 1]);
        long[] numbers = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, library.length, 0xffffffffL, 16, 0x7fffffff};
        ByteBuffer b = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(4)) {
            case 0 -> b.put(at, (byte) random.nextInt(256));
            case 1 -> b.put(at, (byte) (b.get(at) ^ 1 << random.nextInt(8)));
            case 2 -> b.putInt(Math.min(at & -4, library.length - 4), (int) numbers[random.nextInt(numbers.length)]);
            default -> b.putLong(Math.min(at & -8, library.length - 8), numbers[random.nextInt(numbers.length)]);
        }
    }

    /// Lists of versions that point back to themselves, as often as their counts allow.
    @Test
    void endlessListsEnd() {
        ByteBuffer library = small();
        library.putLong(360, 4096).putInt(524, 0).putInt(512 + 8, 16).putShort(514, (short) 0xffff).putInt(540, 0);
        long began = System.nanoTime();
        assertRefused(library.array());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    }
}
