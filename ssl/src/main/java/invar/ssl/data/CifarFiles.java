package invar.ssl.data;

import invar.ssl.UserError;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// CIFAR-10 in its binary form: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
///
/// A file is a row of records of 3073 bytes: the label, then 32 × 32 pixels, all red, all green, all blue. Training
/// data are whichever of `data_batch_1.bin` … `data_batch_5.bin` there are, test data are `test_batch.bin`; read from a
/// folder or straight from `cifar-10-binary.tar.gz`.
final class CifarFiles {

    private static final ImageShape SHAPE = ImageShape.square(32);
    private static final int RECORD = 1 + SHAPE.size();
    private static final Pattern TRAIN = Pattern.compile("data_batch_\\d+\\.bin");
    private static final String TEST = "test_batch.bin";
    private static final List<String> CLASSES = List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
            "horse", "ship", "truck");

    private CifarFiles() {}

    static boolean isBatch(String fileName) {
        return TRAIN.matcher(fileName).matches() || fileName.equals(TEST);
    }

    /// The batches that lie in a folder.
    static Split folder(Path folder) {
        Map<String, byte[]> batches = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (isBatch(name)) batches.put(name, file(file));
            }
        } catch (IOException e) {
            throw new UserError(folder + " cannot be read: " + e.getMessage() + ".", e);
        }
        return split(folder.toString(), batches);
    }

    /// One batch by itself.
    static Split single(Path file) {
        return split(file.toString(), Map.of(file.getFileName().toString(), file(file)));
    }

    private static byte[] file(Path file) {
        try {
            requireRecords(file.toString(), Files.size(file));
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UserError(file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /// The batches inside a `.tar.gz`.
    static Split archive(Path archive) {
        Map<String, byte[]> batches = new TreeMap<>();
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file, 1 << 16))) {
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (!entry.isFile() || !isBatch(name)) continue;
                requireRecords(archive + "!" + name, entry.getSize());
                byte[] batch = tar.readNBytes((int) entry.getSize());
                if (batch.length != entry.getSize()) throw new EOFException(name + " ends early");
                batches.put(name, batch);
            }
        } catch (EOFException e) {
            throw new UserError(archive + " ends before its contents are complete; it was cut off, copy it again.", e);
        } catch (IOException e) {
            throw new UserError(archive + " is not a readable .tar.gz archive: " + e.getMessage() + ".", e);
        }
        return split(archive.toString(), batches);
    }

    private static void requireRecords(String name, long bytes) {
        if (bytes == 0 || bytes % RECORD != 0 || bytes > Integer.MAX_VALUE - 8)
            throw new UserError(name + " has " + bytes + " bytes, which is no multiple of the " + RECORD
                    + " bytes of a CIFAR-10 record; it is cut off or of another kind.");
        PackedImages.requireMemory(name, bytes);
    }

    private static Split split(String name, Map<String, byte[]> batches) {
        List<String> train = batches.keySet().stream().filter(file -> TRAIN.matcher(file).matches()).toList();
        if (batches.isEmpty())
            throw new UserError(name + " holds no data_batch_*.bin and no test_batch.bin; the binary version of"
                    + " CIFAR-10 is wanted, not the Python or MATLAB one.");
        List<String> rest = batches.keySet().stream().filter(file -> !train.contains(file)).toList();
        if (train.isEmpty() || rest.isEmpty()) {
            Dataset all = read(name, batches, List.copyOf(batches.keySet()));
            return Holdout.split(all, all::source, "image of " + String.join(", ", batches.keySet()));
        }
        return new Split(read(name, batches, train), read(name, batches, rest),
                "train: " + String.join(", ", train) + "; test: " + String.join(", ", rest));
    }

    private static Dataset read(String name, Map<String, byte[]> batches, List<String> files) {
        List<byte[]> images = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        int[] firsts = new int[files.size()];
        for (int f = 0; f < firsts.length; f++) {
            byte[] batch = batches.get(files.get(f));
            firsts[f] = images.size();
            for (int at = 0; at < batch.length; at += RECORD) {
                int label = batch[at] & 0xFF;
                if (label >= CLASSES.size())
                    throw new UserError(name + ", " + files.get(f) + ", record " + at / RECORD + " has label " + label
                            + "; CIFAR-10 labels are 0 to 9.");
                labels.add(label);
                images.add(Arrays.copyOfRange(batch, at + 1, at + RECORD));
            }
        }
        return new PackedImages("cifar-10", SHAPE, 1, images.toArray(byte[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(), CLASSES, i -> {
                    int f = Arrays.binarySearch(firsts, i);
                    if (f < 0) f = -f - 2;
                    return files.get(f) + "[" + (i - firsts[f]) + "]";
                });
    }
}
