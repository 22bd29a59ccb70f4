package invar.ssl.data;

import invar.ssl.UserError;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Opens what `--data` names.
///
/// | `--data` | what |
/// |---|---|
/// | `emoji32` | 1,906 emoji in two drawing styles, 32 px, inside the jar: [Emoji32] |
/// | `emoji32-tones` | the same and their 1,875 variants in skin tones |
/// | `shapes` | drawn on the fly with known factors, any size: [Shapes] |
/// | a folder with `data_batch_*.bin`, or `cifar-10-binary.tar.gz` | CIFAR-10 |
/// | a folder with `*-images-idx3-ubyte[.gz]`, or one such file | MNIST and relatives |
/// | any other folder | image files, in class folders or not |
public final class Datasets {

    /// The set that is used if none is named.
    public static final String DEFAULT = "emoji32";

    /// Images of folders become this large unless something else is asked for.
    public static final int FOLDER_SIDE = 32;

    /// @param side of the images in pixels, or 0 for the set's own size (folders of images: 32)
    /// @param seed of generated sets
    /// @param train number of generated training images
    /// @param test number of generated test images
    public record Options(int side, long seed, int train, int test) {

        /// The set's own size; 10,000 and 2,000 generated images.
        public static final Options DEFAULT = new Options(0, 0, 10_000, 2_000);

        /// Checks the settings.
        ///
        /// @throws UserError if a number is out of range
        public Options {
            if (side != 0 && (side < 4 || side > 4096))
                throw new UserError("The image size must be 4 to 4096 pixels but is " + side + ".");
            if (train < 1 || test < 1)
                throw new UserError("There must be at least one training and one test image, not " + train + " and "
                        + test + ".");
        }

        /// The same with another side.
        public Options withSide(int pixels) {
            return new Options(pixels, seed, train, test);
        }
    }

    private Datasets() {}

    /// The sets that need no file.
    public static List<String> names() {
        return List.of("emoji32", "emoji32-tones", "shapes");
    }

    /// Opens a set in its own size.
    ///
    /// @throws UserError if it does not exist or is damaged
    public static Split open(String nameOrPath) {
        return open(nameOrPath, Options.DEFAULT);
    }

    /// Opens a set.
    ///
    /// @throws UserError if it does not exist or is damaged
    public static Split open(String nameOrPath, Options options) {
        Split split = switch (nameOrPath) {
            case "emoji32" -> Emoji32.bundled().split();
            case "emoji32-tones" -> Emoji32.bundled().splitWithTones();
            case "shapes" -> Shapes.split(options);
            default -> openPath(path(nameOrPath), options);
        };
        if (options.side == 0) return split;
        Dataset train = PackedImages.resized(split.train(), options.side);
        Dataset bank = split.bank() == split.train() ? train : PackedImages.resized(split.bank(), options.side);
        return new Split(train, PackedImages.resized(split.test(), options.side), bank, split.rule());
    }

    private static Path path(String text) {
        try {
            Path path = Path.of(text);
            if (!text.isBlank() && Files.exists(path)) return path;
        } catch (InvalidPathException e) {
            throw new UserError("'" + text + "' is neither a data set nor a possible path.", e);
        }
        throw new UserError("There is no data set or path '" + text + "'; built in are " + String.join(", ", names())
                + ", and a path to CIFAR-10, MNIST or a folder of images may be given.");
    }

    private static Split openPath(Path path, Options options) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        if (!Files.isReadable(path)) throw new UserError(path + " may not be read; check its permissions.");
        if (!Files.isDirectory(path)) {
            if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) return CifarFiles.archive(path);
            if (CifarFiles.isBatch(name)) return CifarFiles.single(path);
            if (IdxFiles.isImages(name) || isIdx(path)) return IdxFiles.single(path);
            throw new UserError(path + " is a file of no known kind; cifar-10-binary.tar.gz, a CIFAR-10 batch, an IDX"
                    + " image file or a folder may be given.");
        }
        List<String> files = list(path);
        if (files.stream().anyMatch(CifarFiles::isBatch)) return CifarFiles.folder(path);
        if (files.contains("cifar-10-batches-bin")) return CifarFiles.folder(path.resolve("cifar-10-batches-bin"));
        if (files.contains("cifar-10-binary.tar.gz")) return CifarFiles.archive(path.resolve("cifar-10-binary.tar.gz"));
        if (files.stream().anyMatch(IdxFiles::isImages)) return IdxFiles.folder(path);
        return ImageFolder.open(path, options.side == 0 ? FOLDER_SIDE : options.side);
    }

    private static List<String> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UserError(folder + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /// Whether the file begins like IDX: two zero bytes, then the code of unsigned bytes.
    private static boolean isIdx(Path file) {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            return Files.size(file) >= 4 && in.readInt() >>> 8 == 0x08;
        } catch (IOException e) {
            throw new UserError(file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }
}
