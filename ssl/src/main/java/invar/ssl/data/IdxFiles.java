package invar.ssl.data;

import invar.ssl.UserError;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// MNIST and its relatives (Fashion-MNIST, KMNIST) in the IDX format of LeCun, Cortes and Burges, gzipped or not.
///
/// An image file is big-endian int32: magic 0x00000803, count, rows, columns; then the grey bytes. A label file: magic
/// 0x00000801, count; then a byte each. `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte` are the two parts; of an
/// image file by another name, a fifth is held out. Labels lie beside the images, with `labels` and `idx1` in the name.
final class IdxFiles {

    private static final int IMAGES = 0x803, LABELS = 0x801;
    private static final int LARGEST_SIDE = 1 << 14;
    private static final List<String> FASHION = List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
            "Shirt", "Sneaker", "Bag", "Ankle boot");

    private IdxFiles() {}

    static boolean isImages(String fileName) {
        return fileName.contains("images") && fileName.contains("idx3");
    }

    /// The image files of a folder.
    static Split folder(Path folder) {
        List<Path> train = new ArrayList<>(), test = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (!isImages(name)) continue;
                (name.startsWith("t10k") || name.startsWith("test") ? test : train).add(file);
            }
        } catch (IOException e) {
            throw new UserError(folder + " cannot be read: " + e.getMessage() + ".", e);
        }
        if (train.size() + test.size() == 1) return single(train.isEmpty() ? test.getFirst() : train.getFirst());
        if (train.size() != 1 || test.size() != 1)
            throw new UserError(folder + " holds " + train.size() + " training and " + test.size()
                    + " test files of IDX images; one of each is wanted, or name the one file to take.");
        Path first = train.getFirst(), second = test.getFirst();
        Dataset trainSet = read(first), testSet = read(second);
        if (!trainSet.shape().equals(testSet.shape()))
            throw new UserError(first + " has images of " + trainSet.shape() + " but " + second + " has "
                    + testSet.shape() + "; both parts must agree.");
        return new Split(trainSet, testSet, "train: " + first.getFileName() + "; test: " + second.getFileName());
    }

    /// One image file by itself.
    static Split single(Path file) {
        Dataset all = read(file);
        return Holdout.split(all, all::source, "image of " + file.getFileName());
    }

    private static Dataset read(Path file) {
        String fileName = file.getFileName().toString();
        Path labelFile = sibling(file, fileName.replace("images", "labels").replace("idx3", "idx1"));
        int[] labels = readLabels(labelFile);
        Pixels pixels = readImages(file);
        if (labels.length != pixels.images.length)
            throw new UserError(labelFile + " has " + labels.length + " labels but " + file + " has "
                    + pixels.images.length + " images; the counts must be equal.");
        int classes = IntStream.of(labels).max().orElseThrow() + 1;
        boolean fashion = file.toAbsolutePath().toString().toLowerCase(Locale.ROOT).contains("fashion");
        List<String> names = fashion && classes <= FASHION.size() ? FASHION
                : IntStream.range(0, Math.max(classes, 10)).mapToObj(Integer::toString).toList();
        return new PackedImages(fashion ? "fashion-mnist" : "idx", new ImageShape(3, pixels.rows, pixels.columns), 1,
                pixels.images, labels, names, i -> fileName + "[" + i + "]");
    }

    /// The label file, gzipped or not, whichever exists.
    private static Path sibling(Path file, String name) {
        String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
        for (String candidate : List.of(name, plain, plain + ".gz")) {
            Path path = file.resolveSibling(candidate);
            if (Files.isRegularFile(path) && !path.equals(file)) return path;
        }
        throw new UserError(file + " has no label file " + plain + "[.gz] beside it.");
    }

    private record Pixels(int rows, int columns, byte[][] images) {}

    private static Pixels readImages(Path file) {
        try (DataInputStream in = open(file)) {
            requireMagic(file, in.readInt(), IMAGES, "images");
            int count = in.readInt(), rows = in.readInt(), columns = in.readInt();
            if (count < 1 || rows < 1 || columns < 1 || rows > LARGEST_SIDE || columns > LARGEST_SIDE)
                throw new UserError(file + " claims " + count + " images of " + rows + " x " + columns
                        + "; its header is damaged.");
            long bytes = (long) count * rows * columns;
            requireSize(file, 16 + bytes);
            PackedImages.requireMemory(file.toString(), bytes);
            List<byte[]> images = new ArrayList<>();             // grows as bytes arrive, whatever the header claims
            for (int i = 0; i < count; i++) {
                byte[] image = new byte[rows * columns];
                in.readFully(image);
                images.add(image);
            }
            requireEnd(file, in, count + " images");
            return new Pixels(rows, columns, images.toArray(byte[][]::new));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static int[] readLabels(Path file) {
        try (DataInputStream in = open(file)) {
            requireMagic(file, in.readInt(), LABELS, "labels");
            int count = in.readInt();
            if (count < 1) throw new UserError(file + " claims " + count + " labels; its header is damaged.");
            requireSize(file, 8 + (long) count);
            byte[] labels = in.readNBytes(count);                // allocates as bytes arrive
            if (labels.length < count) throw new EOFException();
            requireEnd(file, in, count + " labels");
            return IntStream.range(0, count).map(i -> labels[i] & 0xFF).toArray();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            return new DataInputStream(isGzip(file)
                    ? new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16) : raw);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    private static boolean isGzip(Path file) {
        return file.getFileName().toString().endsWith(".gz");
    }

    private static void requireMagic(Path file, int magic, int wanted, String what) {
        if (magic != wanted)
            throw new UserError("%s begins with 0x%08x; an IDX file of %s begins with 0x%08x."
                    .formatted(file, magic, what, wanted));
    }

    /// An unpacked file shows at once whether it is complete.
    private static void requireSize(Path file, long wanted) throws IOException {
        if (!isGzip(file) && Files.size(file) != wanted)
            throw new UserError(file + " has " + Files.size(file) + " bytes but its header says " + wanted
                    + "; it is cut off or damaged.");
    }

    private static void requireEnd(Path file, InputStream in, String what) throws IOException {
        if (in.read() >= 0) throw new UserError(file + " goes on after the " + what + " its header announces.");
    }

    private static UserError unreadable(Path file, IOException e) {
        if (e instanceof EOFException)
            return new UserError(file + " ends before its contents are complete; it was cut off, copy it again.", e);
        if (e instanceof ZipException)
            return new UserError(file + " is damaged gzip data: " + e.getMessage() + ".", e);
        return new UserError(file + " cannot be read: " + e.getMessage() + ".", e);
    }
}
